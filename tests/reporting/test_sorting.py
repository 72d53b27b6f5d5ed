from __future__ import annotations

import math
from dataclasses import replace

import pytest

from segnet.errors import UserError
from segnet.reporting.comparison import Comparison, sort_rows
from segnet.reporting.rows import ComparisonRow, OverSeeds


def one(value: float) -> OverSeeds:
    return OverSeeds(value, math.nan, value, value)


def row(model: str, miou: float, **changes: object) -> ComparisonRow:
    plain = ComparisonRow(
        dataset="streets",
        model=model,
        loss="ce",
        seeds=(0,),
        planned_seeds=1,
        miou=one(miou),
        last_miou=miou,
        pixel_accuracy=math.nan,
        class_accuracy=math.nan,
        fwiou=math.nan,
        iou={},
        classes_scored=(2,),
        parameters=math.nan,
        images_per_second=math.nan,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def comparison(*rows: ComparisonRow, classes: tuple[str, ...] = ("Car", "Tree")) -> Comparison:
    return Comparison("streets", "title", "protocol", classes, rows, ())


def order(by: str, *rows: ComparisonRow) -> list[str]:
    return [row.model for row in sort_rows([comparison(*rows)], by)[0].rows]


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("pixel_accuracy", ["g", "G", "pixel_accuracy"]),
        ("class_accuracy", ["c", "C", "class_accuracy"]),
        ("fwiou", ["fwiou", "fwIoU"]),
        ("last_miou", ["last", "last_miou"]),
        ("images_per_second", ["img/s", "images_per_second"]),
    ],
)
def test_scores_come_greatest_first_and_nan_last(field: str, names: list[str]) -> None:
    values = {"a": 0.2, "b": math.nan, "c": 0.9, "d": 0.5}
    rows = [row(model, 0.5, **{field: value}) for model, value in values.items()]
    for name in names:
        assert order(name, *rows) == ["c", "d", "a", "b"]


@pytest.mark.parametrize("name", ["params", "parameters"])
def test_params_come_least_first_and_nan_last(name: str) -> None:
    values = {"a": 2e6, "b": math.nan, "c": 9e6, "d": 1e6}
    rows = [row(model, 0.5, parameters=value) for model, value in values.items()]
    assert order(name, *rows) == ["d", "a", "c", "b"]


def test_models_come_by_the_alphabet_and_miou_best_first() -> None:
    rows = [row("b", 0.5), row("c", math.nan), row("a", 0.9)]
    assert order("model", *rows) == ["a", "b", "c"]
    assert order("miou", *rows) == ["a", "b", "c"]


def test_seeds_come_most_first() -> None:
    assert order("seeds", row("a", 0.5), row("b", 0.4, seeds=(0, 1))) == ["b", "a"]


def test_equal_rows_keep_their_order() -> None:
    rows = [row(model, 0.5, fwiou=0.1) for model in ("b", "a", "c")]
    assert order("fwiou", *rows) == ["b", "a", "c"]
    nothing = [row(model, 0.5) for model in ("b", "a", "c")]
    assert order("fwiou", *nothing) == ["b", "a", "c"]


@pytest.mark.parametrize("name", ["Car", "car", "iou_Car"])
def test_a_class_is_a_column(name: str) -> None:
    shares = {"a": 0.1, "b": math.nan, "d": 0.8}
    rows = [row(model, 0.5, iou={"Car": one(value)}) for model, value in shares.items()]
    rows.insert(1, row("missing", math.nan))
    assert order(name, *rows) == ["d", "a", "missing", "b"]


def test_a_data_set_without_the_class_keeps_its_order() -> None:
    with_car = comparison(
        row("a", 0.9, iou={"Car": one(0.1)}), row("b", 0.5, iou={"Car": one(1.0)})
    )
    without = comparison(row("b", 0.9), row("a", 0.5), classes=("dog",))
    first, second = sort_rows([with_car, without], "Car")
    assert [one.model for one in first.rows] == ["b", "a"]
    assert [one.model for one in second.rows] == ["b", "a"]


def test_unknown_column_is_an_error_that_lists_the_known() -> None:
    with pytest.raises(UserError, match=r"unknown column to sort by 'mio'\. Did you mean") as error:
        order("mio", row("a", 0.5))
    for name in ("miou", "last", "pixel_accuracy", "params", "img/s", "Car", "Tree"):
        assert name in str(error.value)

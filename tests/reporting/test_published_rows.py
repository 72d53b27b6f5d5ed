"""Published values beside ours: what may be ranked, and what may not."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from fake_results import FACTS, fake_bench, write_cell

from segnet.reporting.comparison import Comparison, add_published, compare_cells
from segnet.reporting.comparison_tables import Choice
from segnet.reporting.formats import FORMATS
from segnet.reporting.published_rows import OURS, others_table, published_beside, ranked_table
from segnet.results.cells import cells_of, load_results

DATA = {"camvid": FACTS.model_copy(update={"synthetic": False}), "streets": FACTS}


@pytest.fixture(autouse=True)
def empty_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def compared(num_images: int = 233, dataset: str = "camvid") -> Comparison:
    bench = fake_bench(datasets=[dataset], models=["segnet_v1"], seeds=[0])
    for cell in cells_of(bench):
        # IoU 45/100 and 45/100
        write_cell(bench, cell, np.array([[[45, 27], [28, 45]]] * num_images))
    results = load_results(bench, DATA)
    return add_published(compare_cells(results), results)[0]


def test_comparable_values_are_ranked_with_ours_and_others_never() -> None:
    comparison = compared()
    assert comparison.published is not None
    grid = ranked_table(comparison.rows, comparison.published)
    scores = [float(line[2].text) for line in grid.lines]
    assert scores == sorted(scores, reverse=True)
    assert [line[0].text for line in grid.lines if line[1].text == OURS] == ["segnet_v1 / ce"]
    models = [line[0].text for line in grid.lines]
    # Table 1 of the paper, natural frequency: SegNet-Basic has 46.3, FCN-Basic 45.0
    assert (
        models.index("SegNet-Basic")
        < models.index("segnet_v1 / ce")
        < models.index("FCN-Basic-NoAddition")
    )
    assert ("SegNet-Basic", "46.3") in [(line[0].text, line[2].text) for line in grid.lines]
    below = {one.model for one, _ in comparison.published.others}
    assert "SegNet" in below  # trained on 3,433 images
    assert "60.1" not in [line[2].text for line in grid.lines]
    assert all(why for _, why in comparison.published.others)


def test_a_value_of_another_number_of_test_images_is_not_ranked() -> None:
    published = published_beside("voc", [1449])
    assert {one.evaluated for one in published.ranked} == {"VOC12 val, 1,449 images"}
    reasons = {why for one, why in published.others if one.evaluated == "seg11valid, 736 images"}
    assert "scored on 736 images, ours on 1449" in reasons
    assert published_beside("camvid", [40]).ranked == ()


def test_incomparable_rows_say_why_and_have_no_number() -> None:
    grid = others_table(published_beside("camvid", [233]))
    assert grid.headings[:2] == ("source", "why it does not compare")
    assert any("3,433 images" in line[1].text for line in grid.lines)
    assert all(line[1].text for line in grid.lines)


@pytest.mark.parametrize("name", ["table", "md", "latex", "html"])
def test_every_format_for_people_has_both_tables(name: str) -> None:
    text = FORMATS[name]([compared()], Choice())
    assert "Beside published values that compare" in text
    assert "SegNet-Basic" in text
    assert "not ranked" in text.lower()


def test_csv_and_json_keep_comparable_and_incomparable_rows_apart() -> None:
    comparison = compared()
    lines = list(csv.DictReader(io.StringIO(FORMATS["csv"]([comparison], Choice()))))
    by_kind = {
        kind: [one for one in lines if one["comparable"] == kind] for kind in ("", "yes", "no")
    }
    assert [one["model"] for one in by_kind[""]] == [row.model for row in comparison.rows]
    assert all(one["why"] for one in by_kind["no"])
    assert {"SegNet-Basic": "0.463"}.items() <= {
        one["model"]: one["miou"] for one in by_kind["yes"]
    }.items()
    found = json.loads(FORMATS["json"]([comparison], Choice()))["camvid"]
    assert len(found["published"]) == len(by_kind["yes"])
    assert len(found["published_but_not_comparable"]) == len(by_kind["no"])


def test_a_data_set_of_which_nothing_is_published_says_so() -> None:
    text = FORMATS["table"]([compared(2, "streets")], Choice())
    assert "Published values: none is known of streets" in text

from __future__ import annotations

import csv
import io
import itertools
import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_results import FACTS, TWO_CLASSES, fake_bench, write_fake_bench
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from PIL import Image

from segnet.reporting.cell_tables import CURVE_COLUMNS, csv_text, curve_rows
from segnet.reporting.curve_figures import Curves, training_curves
from segnet.reporting.figure_style import PALETTE, assign_looks, save_figure, svg_text
from segnet.reporting.prediction_figure import RIGHT_COLOR, WRONG_COLOR, Example, prediction_grid
from segnet.reporting.rows import ComparisonRow, OverSeeds
from segnet.reporting.score_figures import (
    class_heat_map,
    confusion_matrix,
    cost_against_score,
    per_class_iou,
    ranking,
)
from segnet.results.cells import load_results
from segnet.statistics.intervals import Interval
from segnet.taxonomy import IGNORE_COLOR, IGNORE_INDEX

ROOT = Path(__file__).parents[2]


def fake_row(*, model: str, road: float, sky: float) -> ComparisonRow:
    scores = {
        name: OverSeeds(value, math.nan, value, value)
        for name, value in (("road", road), ("sky", sky))
    }
    mean = OverSeeds((road + sky) / 2, math.nan, road, sky)
    return ComparisonRow(
        dataset="streets",
        model=model,
        loss="ce",
        seeds=(0,),
        planned_seeds=1,
        miou=mean,
        last_miou=mean.mean,
        pixel_accuracy=0.5,
        class_accuracy=0.5,
        fwiou=0.5,
        iou=scores,
        classes_scored=(2,),
        parameters=1e6,
        images_per_second=10.0,
    )


def fake_example() -> Example:
    truth = np.array([[0, 1], [1, IGNORE_INDEX]], np.uint8)
    return Example(
        name="image0",
        kind="best",
        miou=0.75,
        image=np.full((4, 4, 3), 90, np.uint8),
        truth=truth,
        predicted={"segnet_v1": np.array([[0, 1], [1, 1]], np.uint8)},
    )


def history(*points: tuple[int, float, float]) -> tuple[dict[str, float], ...]:
    names = ("epoch", "train_loss", "val_miou")
    return tuple(dict(zip(names, map(float, point), strict=True)) for point in points)


def epochs(line: Line2D) -> list[float]:
    return [float(value) for value in np.asarray(line.get_xdata())]


def heights(line: Line2D) -> list[float]:
    return [float(value) for value in np.asarray(line.get_ydata())]


def test_a_model_keeps_its_colour_and_a_loss_its_dash() -> None:
    looks = assign_looks([("v1", "ce"), ("v1", "dice"), ("v2", "ce")])
    assert looks["v1", "ce"].color == looks["v1", "dice"].color == PALETTE[0]
    assert looks["v2", "ce"].color == PALETTE[1]
    assert looks["v1", "ce"][1:] == looks["v2", "ce"][1:] == ("-", "o")
    assert looks["v1", "dice"][1:] == ("--", "s")


def test_sixteen_models_look_different() -> None:
    looks = assign_looks((f"model{number}", "ce") for number in range(16))
    assert len(set(looks.values())) == 16


def test_curves_show_each_seed_and_the_mean_at_validated_epochs() -> None:
    curves = Curves(
        "v1",
        "ce",
        {
            0: history((1, 2.0, math.nan), (2, 1.0, 0.2)),
            1: history((1, 3.0, math.nan), (2, 2.0, 0.4)),
        },
    )
    figure = training_curves([curves], assign_looks([("v1", "ce")]), title="streets")
    losses, scores = figure.axes
    assert [heights(line) for line in losses.lines] == [[2, 1], [3, 2], [2.5, 1.5]]
    assert [epochs(line) for line in scores.lines] == [[2], [2], [2]]
    assert [heights(line) for line in scores.lines] == [
        [20],
        [40],
        [pytest.approx(30)],
    ]


def test_a_seed_that_stopped_early_has_no_mean() -> None:
    curves = Curves(
        "v1", "ce", {0: history((1, 2.0, 0.1), (2, 1.0, 0.2)), 1: history((1, 3.0, 0.1))}
    )
    figure = training_curves([curves], assign_looks([("v1", "ce")]), title="streets")
    assert len(figure.axes[0].lines) == 2


def test_class_marks_stand_at_the_iou_and_the_bar_at_the_prior() -> None:
    rows = [fake_row(model="v1", road=0.75, sky=0.5)]
    figure = per_class_iou(
        rows,
        ("road", "sky"),
        assign_looks([("v1", "ce")]),
        prior=fake_row(model="prior", road=0.25, sky=math.nan),
        title="streets",
    )
    (axes,) = figure.axes
    assert epochs(axes.lines[0]) == [75, 50]
    assert [bar.get_width() for bar in axes.patches if isinstance(bar, Rectangle)] == [25, 0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["road", "sky"]


def test_confusion_is_in_percent_of_the_true_pixels() -> None:
    figure = confusion_matrix(np.array([[3, 1], [0, 0]]), ("road", "sky"), title="streets")
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts] == ["75", "25"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["road", "sky (never true)"]


def test_void_has_its_own_color_in_the_truth_and_predictions_show_there() -> None:
    figure = prediction_grid([fake_example()], TWO_CLASSES, title="streets")
    pictures = [axes.images[0].get_array() for axes in figure.axes if axes.images]
    _, truth, predicted, errors = pictures
    road, sky = TWO_CLASSES.colors
    assert truth is not None
    assert predicted is not None
    assert truth.tolist() == [[list(road), list(sky)], [list(sky), list(IGNORE_COLOR)]]
    assert predicted[1, 1].tolist() == list(sky)
    assert errors is not None
    right, void = list(RIGHT_COLOR), list(IGNORE_COLOR)
    assert errors.tolist() == [[right, right], [right, void]]


def test_the_map_of_errors_is_orange_where_the_prediction_is_wrong() -> None:
    one = fake_example()
    wrong = replace(one, predicted={"segnet_v1": np.array([[0, 0], [1, 1]], np.uint8)})
    figure = prediction_grid([wrong], TWO_CLASSES, title="streets")
    errors = figure.axes[-1].images[0].get_array()
    assert errors is not None
    right, void = list(RIGHT_COLOR), list(IGNORE_COLOR)
    assert errors.tolist() == [[right, list(WRONG_COLOR)], [right, void]]


def test_the_grid_names_columns_rows_and_classes() -> None:
    figure = prediction_grid([fake_example()], TWO_CLASSES, title="streets")
    assert [axes.get_title() for axes in figure.axes[:3]] == ["image", "truth", "segnet_v1"]
    assert figure.axes[0].get_ylabel() == "best\nimage0\nmIoU 75.0"
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["road", "sky", "void (not scored)", "wrong", "right"]


def test_long_headings_do_not_run_into_each_other() -> None:
    one = fake_example()
    names = [f"fcn_basic_no_addition_no_dim_reduction{number}\nce, seed 0" for number in range(9)]
    many = replace(one, predicted=dict.fromkeys(names, one.predicted["segnet_v1"]))
    figure = prediction_grid([many], TWO_CLASSES, title="streets")
    figure.draw_without_rendering()
    boxes = [axes.title.get_window_extent() for axes in figure.axes if axes.get_title()]
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))


def every_figure() -> list[Figure]:
    rows = [fake_row(model=f"model{number}", road=0.5, sky=0.6) for number in range(3)]
    names = [(row.model, row.loss) for row in rows]
    curves = [Curves(*name, {0: history((1, 2.0, 0.1), (2, 1.0, 0.2))}) for name in names]
    looks = assign_looks(names)
    return [
        training_curves(curves, looks, title="streets"),
        per_class_iou(rows, ("road", "sky"), looks, prior=None, title="streets"),
        confusion_matrix(np.array([[3, 1], [2, 4]]), ("road", "sky"), title="streets"),
        class_heat_map(rows, ("road", "sky"), title="streets"),
        ranking(rows, looks, title="streets"),
        cost_against_score(rows, looks, title="streets"),
        prediction_grid([fake_example()] * 6, TWO_CLASSES, title="streets"),
    ]


def test_equal_figures_are_equal_bytes_without_date_and_version(tmp_path: Path) -> None:
    for number, (one, other) in enumerate(zip(every_figure(), every_figure(), strict=True)):
        first = save_figure(one, tmp_path / f"{number}.png")
        second = save_figure(other, tmp_path / f"{number}-again.png")
        assert first.read_bytes() == second.read_bytes()
        with Image.open(first) as picture:
            assert not {"Software", "Creation Time"} & set(picture.info)
            assert 300 < picture.width < 1500


def test_a_drawing_takes_its_colours_from_the_page_and_has_no_address() -> None:
    for number, (one, other) in enumerate(zip(every_figure(), every_figure(), strict=True)):
        text = svg_text(one, name=str(number))
        assert text == svg_text(other, name=str(number))
        assert text.startswith("<svg")
        assert "#000000" not in text
        assert not re.search(r"<script|<metadata|<image[^>]+href=\"http", text)
        ids = re.findall(r' id="([^"]+)"', text)
        assert len(ids) == len(set(ids))


def test_the_ranking_has_marks_at_the_scores_and_lines_over_the_intervals() -> None:
    rows = [
        replace(
            fake_row(model="v1", road=0.75, sky=0.5),
            number=1,
            intervals={"miou": Interval(0.5, 0.7, 0.05)},
        ),
        replace(fake_row(model="prior", road=0.2, sky=0.2), number=2),
    ]
    (axes,) = ranking(rows, assign_looks([("v1", "ce")]), title="streets").axes
    assert [epochs(line) for line in axes.lines] == [[62.5], [20]]
    (interval,) = axes.collections
    assert interval.get_paths()[0].vertices.tolist() == [[50, 0], [70, 0]]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["1  v1 / ce", "2  prior"]


def test_cost_is_multiply_adds_only_if_every_row_has_them() -> None:
    looks = assign_looks([("v1", "ce"), ("v2", "ce")])
    rows = [fake_row(model="v1", road=0.5, sky=0.5), fake_row(model="v2", road=0.5, sky=0.5)]
    left, right = cost_against_score(rows, looks, title="streets").axes
    assert left.get_xlabel() == "million parameters"
    assert [epochs(line) for line in left.lines] == [[1], [1]]
    assert [epochs(line) for line in right.lines] == [[10], [10]]
    measured = [replace(row, multiply_adds=3e9, latency_ms=7.0) for row in rows]
    left, right = cost_against_score(measured, looks, title="streets").axes
    assert left.get_xlabel() == "GMACs of one image"
    assert [epochs(line) for line in left.lines] == [[3], [3]]
    assert [epochs(line) for line in right.lines] == [[7], [7]]


def test_the_plot_template_is_filled_by_dvc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renderer = pytest.importorskip("dvc_render").VegaRenderer
    monkeypatch.chdir(tmp_path)
    bench = fake_bench(seeds=[0])
    write_fake_bench(bench)
    text = csv_text(curve_rows(load_results(bench, {"streets": FACTS})), columns=CURVE_COLUMNS)
    points = [row | {"rev": "workspace"} for row in csv.DictReader(io.StringIO(text))]
    filled = renderer(
        points,
        "curves",
        x="epoch",
        y="val_miou",
        title="Validation mIoU",
        template="by_model",
        template_dir=str(ROOT / ".dvc" / "plots"),
    ).get_filled_template()
    assert "DVC_METRIC" not in json.dumps(filled)
    encoding = filled["spec"]["encoding"]
    assert encoding["color"]["field"] == "model"
    assert encoding["strokeDash"]["field"] == "loss"
    assert encoding["y"]["title"] == "val_miou"
    assert filled["transform"][0]["filter"].startswith("isValid(datum['val_miou'])")
    assert len(filled["data"]["values"]) == 8

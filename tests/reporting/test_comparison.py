from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from fake_results import (
    FACTS,
    GOOD,
    ONE_CLASS,
    PERFECT,
    fake_bench,
    fake_provenance,
    write_cell,
    write_cost,
    write_scores,
)

from segnet.errors import UserError
from segnet.grid import Bench, Cell
from segnet.paths import cell_report_folder
from segnet.reporting.comparison import Comparison, compare_cells
from segnet.reporting.rows import over_seeds
from segnet.results.cells import cells_of, load_results
from segnet.results.records import TrainRecord

DATA = {"streets": FACTS, "camvid": FACTS.model_copy(update={"synthetic": False})}


@pytest.fixture(autouse=True)
def empty_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def cell_of(bench: Bench, *, model: str = "segnet_v1", seed: int = 0) -> Cell:
    return next(cell for cell in cells_of(bench) if (cell.model, cell.seed) == (model, seed))


def compared(bench: Bench) -> Comparison:
    return compare_cells(load_results(bench, DATA))[0]


def test_spread_is_the_sample_standard_deviation() -> None:
    three = over_seeds([0.1, 0.2, 0.6])
    assert three.mean == pytest.approx(0.3)
    assert (three.low, three.high) == (0.1, 0.6)
    assert three.sd == pytest.approx(math.sqrt((0.04 + 0.01 + 0.09) / 2))


def test_spread_of_one_value_is_nan_and_nan_is_left_out() -> None:
    one = over_seeds([0.4, math.nan])
    assert one.mean == 0.4
    assert math.isnan(one.sd)
    assert math.isnan(over_seeds([]).mean)


def test_a_row_is_the_mean_over_its_seeds() -> None:
    bench = fake_bench(models=["segnet_v1"], seeds=[0, 1])
    write_cell(bench, cell_of(bench, seed=0), PERFECT)
    write_cell(bench, cell_of(bench, seed=1), GOOD)
    row = compared(bench).rows[0]
    assert row.seeds == (0, 1)
    assert row.miou.mean == pytest.approx((1 + 49 / 60) / 2)
    assert row.miou.sd == pytest.approx((11 / 60) / math.sqrt(2))
    assert row.pixel_accuracy == pytest.approx((1 + 18 / 20) / 2)
    assert row.class_accuracy == pytest.approx((1 + 0.9) / 2)
    assert row.fwiou == pytest.approx((1 + 0.5 * 8 / 10 + 0.5 * 10 / 12) / 2)
    assert row.iou["road"].mean == pytest.approx((1 + 8 / 10) / 2)
    assert row.iou["sky"].low == pytest.approx(10 / 12)
    assert row.iou["sky"].high == 1
    assert (row.parameters, row.images_per_second) == (1_250_000, 64)


def test_the_last_epoch_stands_beside_the_selected_one() -> None:
    bench = fake_bench(models=["segnet_v1"], seeds=[0])
    cell = cell_of(bench)
    write_cell(bench, cell, GOOD)
    write_scores(bench, cell, {"selected": PERFECT, "last": ONE_CLASS})
    row = compared(bench).rows[0]
    assert (row.miou.mean, row.last_miou) == (1, 0.25)


def test_rows_are_sorted_by_miou_with_blind_predictors_among_them() -> None:
    bench = fake_bench(models=["segnet_v1", "fcn8s", "unet"], seeds=[0])
    for model, counts in (
        ("majority", ONE_CLASS),
        ("prior", GOOD),
        ("segnet_v1", ONE_CLASS),
        ("fcn8s", PERFECT),
    ):
        write_cell(bench, cell_of(bench, model=model), counts)
    models = [row.model for row in compared(bench).rows]
    assert models == ["fcn8s", "prior", "majority", "segnet_v1", "unet"]


def test_a_row_without_results_is_nan_and_last() -> None:
    bench = fake_bench(models=["segnet_v1"], seeds=[0])
    row = compared(bench).rows[-1]
    assert (row.seeds, row.planned_seeds) == ((), 1)
    assert math.isnan(row.miou.mean)
    assert math.isnan(row.parameters)


def test_a_class_in_neither_map_is_nan_and_counted_out() -> None:
    bench = fake_bench(models=["segnet_v1"], seeds=[0])
    write_cell(bench, cell_of(bench), np.array([[[5, 0], [0, 0]]]))
    comparison = compared(bench)
    row = comparison.rows[0]
    assert row.classes_scored == (1,)
    assert math.isnan(row.iou["sky"].mean)
    assert comparison.classes == ("road", "sky")


def test_single_seeds_are_named_in_the_notes() -> None:
    bench = fake_bench(models=["segnet_v1", "fcn8s"], seeds=[0, 1])
    write_cell(bench, cell_of(bench, seed=0), GOOD)
    write_cell(bench, cell_of(bench, seed=1), GOOD)
    write_cell(bench, cell_of(bench, model="fcn8s"), GOOD)
    notes = " ".join(compared(bench).notes)
    assert "A single run (fcn8s / ce)" in notes
    assert "sample standard deviation over seeds" in notes
    assert "3 of 6 cells are missing" in notes


def test_a_comparison_of_single_seeds_says_so_of_every_row() -> None:
    bench = fake_bench(seeds=[0])
    for cell in cells_of(bench):
        write_cell(bench, cell, GOOD)
    assert compared(bench).notes[-1] == (
        "A single run (every row): a gap between rows may be chance. Compare three seeds."
    )


def test_a_network_below_the_blind_predictors_is_noted() -> None:
    bench = fake_bench(seeds=[0])
    for model, counts in (("prior", GOOD), ("segnet_v1", ONE_CLASS), ("fcn8s", PERFECT)):
        write_cell(bench, cell_of(bench, model=model), counts)
    assert "never sees an image (segnet_v1 / ce)" in " ".join(compared(bench).notes)


def test_trainings_in_other_precisions_are_said() -> None:
    bench = fake_bench()
    for cell in cells_of(bench):
        write_cell(bench, cell, GOOD)
    assert "bfloat16" not in " ".join(compared(bench).notes)
    folder = cell_report_folder(bench.name, bench.cells()[0].slug)
    record = TrainRecord.read(folder)
    other = fake_provenance(precision="bfloat16")
    record.model_copy(update={"provenance": other}).write(folder)
    assert "ran in bfloat16 or float32" in " ".join(compared(bench).notes)


def test_rows_of_different_data_are_noted() -> None:
    bench = fake_bench(models=["segnet_v1"], seeds=[0])
    cell = cell_of(bench)
    write_cell(bench, cell, GOOD)
    write_scores(bench, cell, {"selected": GOOD, "last": GOOD}, fingerprint="00" * 32)
    assert "different versions of the data" in " ".join(compared(bench).notes)


def test_rows_that_average_over_other_classes_are_noted() -> None:
    bench = fake_bench(seeds=[0])
    write_cell(bench, cell_of(bench), GOOD)
    write_cell(bench, cell_of(bench, model="fcn8s"), np.array([[[5, 0], [0, 0]]]))
    comparison = compared(bench)
    assert "(fcn8s / ce: 1, segnet_v1 / ce: 2)" in " ".join(comparison.notes)
    assert "1 or 2 classes scored" in comparison.protocol


def test_a_class_without_a_test_pixel_is_named() -> None:
    bench = fake_bench(models=["segnet_v1"], seeds=[0])
    write_cell(bench, cell_of(bench), np.array([[[5, 1], [0, 0]]]))
    assert "No test pixel is labelled sky: such a class counts only where" in " ".join(
        compared(bench).notes
    )


def test_what_the_data_set_says_of_itself_stands_under_the_table() -> None:
    facts = FACTS.model_copy(update={"note": "the split is ours and compares with nothing"})
    comparison = compare_cells(load_results(fake_bench(), {"streets": facts}))[0]
    assert "The split is ours and compares with nothing." in comparison.notes


def test_a_missing_cell_is_named_with_the_file_that_it_lacks() -> None:
    bench = fake_bench(models=["segnet_v1"], seeds=[0])
    write_cell(bench, cell_of(bench, model="prior"), GOOD)
    notes = " ".join(compared(bench).notes)
    assert "2 of 3 cells are missing" in notes
    assert (
        "streets-segnet_v1-ce-s0: not trained: no reports/fake/runs/streets-segnet_v1-ce-s0/"
        "train.json" in notes
    )


def test_costs_stand_beside_the_scores_where_they_were_measured() -> None:
    bench = fake_bench(models=["segnet_v1", "fcn8s"], seeds=[0])
    for cell in cells_of(bench):
        write_cell(bench, cell, GOOD)
    path = write_cost(bench, "segnet_v1", multiply_adds=5_000_000_000, latency_ms=12.5)
    comparison = compared(bench)
    costs = {row.model: (row.multiply_adds, row.latency_ms) for row in comparison.rows}
    assert costs["segnet_v1"] == (5e9, 12.5)
    assert all(math.isnan(value) for value in costs["fcn8s"])
    assert "one image of 48x64 on Fake CPU" in " ".join(comparison.notes)
    path.write_text("[]")
    with pytest.raises(UserError, match=r"streets-segnet_v1\.json has schema None"):
        compared(bench)


def test_a_changed_parameter_is_noted() -> None:
    write_cell(fake_bench(), cell_of(fake_bench()), GOOD)
    changed = fake_bench(total_epochs=8)
    assert "a different total_epochs" in " ".join(compared(changed).notes)


def test_the_protocol_names_sizes_data_and_networks() -> None:
    bench = fake_bench(seeds=[0])
    write_cell(bench, cell_of(bench), np.concatenate([GOOD, PERFECT]))
    assert compared(bench).protocol == (
        "streets (synthetic scenes: not comparable with published numbers); 2 test images; "
        "trained at 48x64; scored at native label size 6x8; 2 classes scored; "
        "width factor 0.25; initial encoder weights: random; recipe modern, 4 epochs"
    )


def test_real_data_are_not_called_synthetic() -> None:
    bench = fake_bench(datasets=["camvid"])
    assert "synthetic" not in compared(bench).protocol
    assert compared(bench).protocol.startswith("camvid; - test images")


def test_filters_keep_what_they_name() -> None:
    bench = fake_bench(datasets=["streets", "camvid"], losses=["ce", "dice"])
    results = load_results(bench, DATA)
    (only,) = compare_cells(results, models=["v1"], losses=["dice"], datasets=["camvid"])
    assert [(row.dataset, row.model, row.loss) for row in only.rows] == [
        ("camvid", "segnet_v1", "dice")
    ]
    with_blind = compare_cells(results, losses=["ce"])[0]
    names = {row.model for row in with_blind.rows}
    assert names == {"majority", "prior", "segnet_v1", "fcn8s"}
    assert {row.loss for row in with_blind.rows} == {"none", "ce"}


@pytest.mark.parametrize(
    ("axis", "name", "message"),
    [
        ("models", "v2", "bench 'fake': unknown model 'v2'"),
        ("losses", "dise", "bench 'fake': unknown loss 'dise'"),
        ("datasets", "street", "Did you mean 'streets'"),
    ],
)
def test_a_filter_that_matches_nothing_is_an_error(axis: str, name: str, message: str) -> None:
    results = load_results(fake_bench(), DATA)
    with pytest.raises(UserError, match=message):
        compare_cells(results, **{axis: [name]})

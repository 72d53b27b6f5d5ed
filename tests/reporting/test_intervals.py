"""Intervals and differences in a comparison, and the file that keeps them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from fake_results import FACTS, fake_bench, write_scores, write_training
from jaxtyping import Int64

from segnet.errors import UserError
from segnet.grid import BLIND_PREDICTORS, Bench, Cell
from segnet.paths import cell_report_folder, report_folder
from segnet.reporting import interval_making
from segnet.reporting.captions import interval_notes
from segnet.reporting.comparison import Comparison, compare_cells, sort_rows
from segnet.reporting.intervals import (
    DatasetIntervals,
    IntervalsRecord,
    compute_bench,
    digest_of,
)
from segnet.reporting.significance import gap_rows, signs_table
from segnet.results.cells import Results, cells_of, load_results
from segnet.statistics.blocks import plan_blocks
from segnet.statistics.intervals import ONE_SEED, ONE_SPREAD, Difference
from segnet.statistics.jackknife import jackknife
from segnet.statistics.margins import compare_pairs, interval

DATA = {"streets": FACTS}
VIDEO = ("one",) * 30 + ("two",) * 30
SHARES = {"majority": 0.2, "prior": 0.3, "fcn8s": 0.5, "segnet_v1": 0.505, "unet": 0.9}
"""Of the pixels of each image that a model gets right."""


@pytest.fixture(autouse=True)
def empty_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def counts_of(cell: Cell) -> Int64[np.ndarray, "n 2 2"]:
    """60 images: two models of about the same score, one that is always better."""
    names = sorted(SHARES)
    random = np.random.default_rng([names.index(cell.model), cell.seed])
    right = (1000 * np.clip(SHARES[cell.model] + random.normal(0, 0.05, (60, 2)), 0, 1)).astype(int)
    counts = np.zeros((60, 2, 2), np.int64)
    counts[:, 0] = np.stack([right[:, 0], 1000 - right[:, 0]], 1)
    counts[:, 1] = np.stack([1000 - right[:, 1], right[:, 1]], 1)
    return counts


def write_bench(bench: Bench, sequences: tuple[str, ...] = VIDEO) -> Results:
    for cell in cells_of(bench):
        counts = counts_of(cell)
        if cell.model in BLIND_PREDICTORS:
            write_scores(bench, cell, {"selected": counts}, sequences=sequences)
        else:
            write_training(bench, cell)
            both = {"selected": counts, "last": counts}
            write_scores(bench, cell, both, sequences=sequences)
    return load_results(bench, DATA)


def three_models(seeds: tuple[int, ...] = (0, 1)) -> Bench:
    return fake_bench(models=["segnet_v1", "fcn8s", "unet"], seeds=seeds)


def notes(comparison: Comparison) -> str:
    return " ".join(comparison.notes)


def test_intervals_are_those_of_the_statistics_over_all_seeds_of_a_row() -> None:
    results = write_bench(three_models())
    (comparison,) = compare_cells(results)
    models = ("majority", "prior", "segnet_v1", "fcn8s", "unet")
    counts = {
        model: np.stack([counts_of(one.cell) for one in results.cells if one.cell.model == model])
        for model in models
    }
    expected = jackknife(counts, plan_blocks(VIDEO))
    for row in comparison.rows:
        for score in ("miou", "fwiou"):
            assert row.interval(score) == interval(expected[row.model], score)
        assert row.interval("miou").low < row.miou.mean < row.interval("miou").high
    pairs = compare_pairs(expected, models[2:])
    for gap, pair in zip(comparison.gaps, pairs, strict=True):
        assert (gap.first, gap.second) == (f"{pair.first}/ce", f"{pair.second}/ce")
        assert (gap.difference, gap.low, gap.high) == (pair.difference, pair.low, pair.high)


def test_rows_whose_difference_is_not_shown_name_each_other() -> None:
    (comparison,) = compare_cells(write_bench(three_models()))
    ties = {row.model: (row.number, row.ties) for row in comparison.rows}
    assert ties["unet"] == (1, ())
    assert {ties["segnet_v1"][0], ties["fcn8s"][0]} == {2, 3}
    assert (ties["segnet_v1"][1], ties["fcn8s"][1]) in [((3,), (2,)), ((2,), (3,))]
    assert (ties["prior"], ties["majority"]) == ((4, None), (5, None))
    by_model = {row.model: row for row in sort_rows([comparison], "model")[0].rows}
    assert [row.number for row in by_model.values()] == [1, 2, 3, 4, 5]
    assert by_model["fcn8s"].ties == (by_model["segnet_v1"].number,)


def test_notes_state_the_blocks_what_the_interval_is_over_and_single_seeds() -> None:
    (comparison,) = compare_cells(write_bench(three_models()))
    text = notes(comparison)
    assert "over test images (4 blocks of about 15 frames of the videos one and two)" in text
    assert "It covers other frames of these videos, not other videos or training runs." in text
    assert "ties: rows it cannot be told apart from" in text
    assert "all 3 pairs hold together" in text
    assert "over training runs" in text
    assert ONE_SEED not in text
    (single,) = compare_cells(write_bench(three_models(seeds=(0,))))
    assert ONE_SEED in notes(single)


def test_a_note_says_that_one_spread_stands_for_a_pair() -> None:
    bench = three_models()
    write_bench(bench)
    for cell in cells_of(bench):
        if cell.model == "unet" and cell.seed == 1:
            (cell_report_folder("fake", cell.slug) / "evaluation.json").unlink()
    (comparison,) = compare_cells(load_results(bench, DATA))
    assert ONE_SPREAD in notes(comparison)
    remarks = {gap.seeds: gap.remark for gap in comparison.gaps}
    assert remarks == {(2, 2): "", (2, 1): ONE_SPREAD}


@pytest.mark.parametrize(("lone", "said"), [(0, ""), (1, "shows 1 class:"), (3, "3 classes:")])
def test_a_note_says_that_one_block_alone_shows_rare_classes(lone: int, said: str) -> None:
    found = DatasetIntervals(digest="", blocks="100 images", reach="them", lone_classes=lone)
    text = " ".join(interval_notes((), found))
    assert said in text
    assert ("Only one block" in text) == (lone > 0)


def test_stills_are_blocks_of_one_image() -> None:
    stills = tuple(f"image{number}" for number in range(60))
    (comparison,) = compare_cells(write_bench(three_models(), stills))
    assert "over test images (60 images)" in notes(comparison)


def test_records_without_sequences_have_no_interval_and_say_why() -> None:
    (comparison,) = compare_cells(write_bench(three_models(), ()))
    assert all(not row.intervals and row.ties is None for row in comparison.rows)
    assert "No intervals: some records do not say which test images are frames" in notes(comparison)


def test_cells_of_different_data_have_no_interval_and_say_why() -> None:
    bench = three_models(seeds=(0,))
    write_bench(bench)
    cell = cells_of(bench)[-1]
    counts = counts_of(cell)
    both = {"selected": counts, "last": counts}
    write_scores(bench, cell, both, sequences=VIDEO, fingerprint="00" * 32)
    (comparison,) = compare_cells(load_results(bench, DATA))
    assert "No intervals: the cells were scored on different data" in notes(comparison)


def test_stored_intervals_are_used_without_reading_a_count(monkeypatch: pytest.MonkeyPatch) -> None:
    results = write_bench(three_models())
    record = compute_bench(results)
    record.write(report_folder("fake"))
    assert IntervalsRecord.read(report_folder("fake")) == record
    monkeypatch.setattr(interval_making, "compute_intervals", None)
    (comparison,) = compare_cells(results)
    assert all(row.intervals for row in comparison.rows)
    (filtered,) = compare_cells(results, models=["v1", "unet"])
    assert [row.ties for row in filtered.rows] == [(), ()]


def test_stored_intervals_of_other_scores_are_not_used() -> None:
    results = write_bench(three_models())
    compute_bench(results).write(report_folder("fake"))
    before = compare_cells(results)[0].rows[0].intervals
    cell = results.cells[-1].cell
    counts = counts_of(cell) + np.eye(2, dtype=np.int64) * 50
    both = {"selected": counts, "last": counts}
    write_scores(three_models(), cell, both, sequences=VIDEO)
    changed = load_results(three_models(), DATA)
    assert digest_of(changed.cells) != digest_of(results.cells)
    row = compare_cells(changed)[0].rows[0]
    assert not row.intervals  # the other seed has other labels
    assert before
    assert "scored against other labels" in notes(compare_cells(changed)[0])


def test_many_runs_are_not_read_on_the_way_but_a_few_of_them_are() -> None:
    bench = three_models(seeds=tuple(range(5)))
    results = write_bench(bench)
    (comparison,) = compare_cells(results)
    assert not any(row.intervals for row in comparison.rows)
    assert "intervals.json is not of these results" in notes(comparison)
    (filtered,) = compare_cells(results, models=["v1", "unet"])
    assert all(row.intervals for row in filtered.rows)


def test_a_missing_counts_file_is_a_note_of_the_table_and_an_error_of_the_report() -> None:
    results = write_bench(three_models())
    (cell_report_folder("fake", results.cells[-1].cell.slug) / "counts.npz").unlink()
    assert "counts.npz does not exist" in notes(compare_cells(results)[0])
    with pytest.raises(UserError, match=r"counts\.npz does not exist"):
        compute_bench(results)


def test_more_models_than_pairs_can_be_told_apart_are_not_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(interval_making, "MAX_PAIRED", 2)
    (comparison,) = compare_cells(write_bench(three_models()))
    assert comparison.gaps == ()
    assert all(row.intervals for row in comparison.rows)
    assert "Differences were not tested" in notes(comparison)


@pytest.mark.parametrize("text", ["{", "[]", '{"schema_version": 2, "datasets": 3}'])
def test_a_damaged_file_is_an_error_and_another_schema_is_nothing(text: str) -> None:
    folder = report_folder("fake")
    folder.mkdir(parents=True)
    (folder / "intervals.json").write_text(text)
    with pytest.raises(UserError, match=r"intervals\.json is damaged"):
        IntervalsRecord.read(folder)
    (folder / "intervals.json").write_text('{"schema_version": 0}')
    assert IntervalsRecord.read(folder).datasets == {}


def test_the_square_is_antisymmetric_and_its_pairs_are_turned_to_the_order_of_the_rows() -> None:
    (comparison,) = compare_cells(write_bench(three_models()))
    grid = signs_table(comparison.rows, comparison.gaps)
    square = [[entry.text for entry in line[2:]] for line in grid.lines]
    assert square == [["", ">", ">"], ["<", "", "="], ["<", "=", ""]]
    first, second, third = gap_rows(comparison.rows, comparison.gaps)
    assert (first["first"], first["verdict"]) == ("unet / ce", "unet / ce higher")
    assert first["low"] < first["difference"] < first["high"]
    assert first["low"] > 0
    assert second["verdict"] == "unet / ce higher"
    assert (third["verdict"], third["remark"]) == ("no difference shown", "")


def test_a_gap_has_the_sign_of_an_interval_without_zero() -> None:
    def sign(low: float, high: float) -> int:
        ends = {"low": low, "high": high, "difference": (low + high) / 2}
        return Difference(first="a/ce", second="b/ce", seeds=(1, 1), **ends).sign

    assert [sign(0.1, 0.2), sign(-0.2, -0.1), sign(-0.1, 0.1), sign(0.0, 0.1)] == [1, -1, 0, 0]


def test_no_blind_predictor_takes_part_in_the_pairs() -> None:
    record = compute_bench(write_bench(three_models()))
    gaps = record.datasets["streets"].gaps
    assert {gap.first for gap in gaps} | {gap.second for gap in gaps} == {
        "segnet_v1/ce",
        "fcn8s/ce",
        "unet/ce",
    }
    assert re.fullmatch("[0-9a-f]{64}", record.datasets["streets"].digest)

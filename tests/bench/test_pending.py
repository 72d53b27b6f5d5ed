from __future__ import annotations

import math
from pathlib import Path

import pytest
from fake_results import GOOD, fake_bench, write_cell, write_training

from segnet.bench.pending import in_minutes, pending_cells
from segnet.paths import cell_run_folder
from segnet.results.cells import load_results


@pytest.fixture(autouse=True)
def empty_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_committed_results_are_not_weights_on_this_machine() -> None:
    bench = fake_bench(models=["segnet_v1"], seeds=[0, 1])
    here, elsewhere = bench.cells()
    for cell in (here, elsewhere):
        write_cell(bench, cell, GOOD)
    folder = cell_run_folder(bench.name, here.slug)
    folder.mkdir(parents=True)
    for name in ("selected", "last"):
        (folder / f"{name}.safetensors").touch()
    (pending,) = pending_cells(load_results(bench, {}))
    assert (pending.cell, pending.reason) == (elsewhere, "weights not on this machine")
    assert pending.minutes == pytest.approx(12.5 / 60)


def test_a_network_that_was_trained_is_not_trained_for_want_of_its_scores() -> None:
    bench = fake_bench(models=["segnet_v1"], seeds=[0])
    (cell,) = bench.cells()
    write_training(bench, cell)
    folder = cell_run_folder(bench.name, cell.slug)
    folder.mkdir(parents=True)
    for name in ("selected", "last"):
        (folder / f"{name}.safetensors").touch()
    assert pending_cells(load_results(bench, {})) == [(cell, "not evaluated", 0)]


def test_minutes_grow_with_the_epochs_and_are_those_of_the_same_model() -> None:
    bench = fake_bench(models=["segnet_v1", "fcn8s"], seeds=[0, 1])
    write_training(bench, bench.cells()[0])
    longer = fake_bench(models=["segnet_v1", "fcn8s"], seeds=[0, 1], total_epochs=8)
    pending = pending_cells(load_results(longer, {}))
    assert [one.reason for one in pending] == ["total_epochs changed", *["not trained"] * 3]
    assert [one.minutes for one in pending] == pytest.approx([2 * 12.5 / 60] * 4)


def test_changed_settings_are_named() -> None:
    write_cell(fake_bench(seeds=[0]), fake_bench(seeds=[0]).cells()[0], GOOD)
    first, second = pending_cells(load_results(fake_bench(seeds=[0], total_epochs=8), {}))
    assert first.reason == "total_epochs changed"
    assert second.reason == "not trained"


def test_nothing_is_said_of_minutes_where_nothing_was_trained() -> None:
    assert all(math.isnan(one.minutes) for one in pending_cells(load_results(fake_bench(), {})))
    assert in_minutes(math.nan) == ""
    assert [in_minutes(one) for one in (0.2, 9.2, 89.0, 120.0)] == [
        "about a minute",
        "about 9 minutes",
        "about 89 minutes",
        "about 2 hours",
    ]

"""The gate at the very edge of its band, and which checkpoint and scores it looks at."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from fake_results import (
    GOOD,
    ONE_CLASS,
    PERFECT,
    fake_bench,
    write_cell,
    write_scores,
    write_training,
)

from segnet.grid import Bench
from segnet.results import gate
from segnet.results.accepted_scores import Baseline
from segnet.results.cells import cells_of, load_results
from segnet.results.gate import Check, accept, check_results

GROUP = "streets/segnet_v1/ce"


@pytest.fixture(autouse=True)
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.chdir(tmp_path)
    return fake_bench(models=["segnet_v1"], seeds=[0])


def accepted(bench: Bench, *, median: float) -> Baseline:
    """A baseline with that median."""
    for cell in cells_of(bench):
        write_cell(bench, cell, GOOD)
    now = accept(load_results(bench, {}), "")
    groups = {
        name: one.model_copy(update={"miou": {0: median}}) for name, one in now.groups.items()
    }
    return now.model_copy(update={"groups": groups})


def check(bench: Bench, baseline: Baseline) -> Check:
    found = {one.group: one for one in check_results(load_results(bench, {}), baseline)}
    return found[GROUP]


@pytest.mark.parametrize(
    ("before", "verdict"),
    [(0.75, "ok"), (0.75 + 1e-9, "drop"), (0.25, "ok"), (0.25 - 1e-9, "rise")],
)
def test_a_change_as_large_as_the_band_is_within_it(
    before: float, verdict: str, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers that floating point holds exactly: 0.5 now, a band of 0.25."""
    monkeypatch.setattr(gate, "band", lambda _: 0.25)
    baseline = accepted(bench, median=before)
    half = np.array([[[2, 1], [1, 2]]])  # IoU 2/4 of both
    for cell in cells_of(bench):
        write_cell(bench, cell, half)
    found = check(bench, baseline)
    assert (found.now, found.band) == (0.5, 0.25)
    assert found.verdict == verdict


def test_the_selected_checkpoint_is_checked(bench: Bench) -> None:
    baseline = accepted(bench, median=0.5)
    cell = bench.cells()[0]
    write_training(bench, cell)
    write_scores(bench, cell, {"selected": PERFECT, "last": ONE_CLASS})
    assert check(bench, baseline).now == 1


@pytest.mark.parametrize("score", ["cross_entropy", "dice"])
def test_a_network_without_a_finite_loss_fails(
    score: str, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    baseline = accepted(bench, median=0.5)
    results = load_results(bench, {})
    for one in results.cells:
        if one.cell.model == "segnet_v1":
            assert one.evaluation is not None
            scores = one.evaluation.evaluations[0].scores
            object.__setattr__(scores, score, math.inf)
    found = {one.group: one for one in check_results(results, baseline)}[GROUP]
    assert (found.verdict, found.failed) == ("not finite", True)
    assert score in found.detail

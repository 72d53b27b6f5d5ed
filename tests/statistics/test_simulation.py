"""Intervals hold as often as they say, shown by a small form of the simulation's table."""

from __future__ import annotations

import math

import pytest

from segnet.statistics import simulation
from segnet.statistics.blocks import plan_blocks
from segnet.statistics.simulation import SEEDS, STILLS, VIDEOS, simulate


def test_tables_of_equal_models_seldom_show_a_difference() -> None:
    """Eight false tables of 40 have a probability of 0.001 at .05 a table."""
    error, pairs, scores = simulate(VIDEOS, 0.7, SEEDS["1"], 40)
    assert error < 8 / 40
    assert pairs > 0.91
    assert scores > 0.89


def test_frames_taken_one_by_one_show_differences_that_are_not_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one_by_one = plan_blocks([f"frame{number}" for number in range(len(VIDEOS))])
    monkeypatch.setattr(simulation, "plan_blocks", lambda sequences: one_by_one)
    error, pairs, _ = simulate(VIDEOS, 0.7, SEEDS["1"], 10)
    assert error > 0.5
    assert pairs < 0.85


@pytest.mark.slow
@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.7])
@pytest.mark.parametrize("seeds", SEEDS)
def test_the_promise_is_kept_on_video(correlation: float, seeds: str) -> None:
    """Bounds are .05 and .93; 200 tables know the first to .015, the second to about .006."""
    error, pairs, scores = simulate(VIDEOS, correlation, SEEDS[seeds], 200)
    assert error <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 200)
    assert pairs >= 0.93 - 0.01
    assert math.isnan(scores) or scores >= 0.93 - 0.01


@pytest.mark.slow
def test_the_promise_is_kept_on_stills() -> None:
    error, pairs, scores = simulate(STILLS, 0.0, SEEDS["1"], 200)
    assert error <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 200)
    assert min(pairs, scores) >= 0.93

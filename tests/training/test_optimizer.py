from __future__ import annotations

import pytest
from torch import nn

from segnet.training.optimizer import FINAL_FRACTION, build_optimizer, learning_rate_factor
from segnet.training.recipe import Optimizer, Schedule


def test_weight_decay_spares_biases_and_norms() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    optimizer = build_optimizer(network, Optimizer(kind="adamw", learning_rate=1, weight_decay=0.1))
    decayed, spared = optimizer.param_groups
    assert [one.ndim for one in decayed["params"]] == [4]
    assert decayed["weight_decay"] == 0.1
    assert [one.ndim for one in spared["params"]] == [1, 1, 1]
    assert spared["weight_decay"] == 0


def test_warm_up_is_linear_to_the_peak() -> None:
    schedule = Schedule(kind="constant", warmup_fraction=0.4)
    factors = [learning_rate_factor(schedule, step, 10) for step in range(10)]
    assert factors == [0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("kind", "middle", "last"),
    [
        ("constant", 1.0, 1.0),
        ("cosine", 0.5, 0.0),
        ("poly", 0.5**0.9, 0.0),
        ("one_cycle", 0.5, FINAL_FRACTION),
    ],
)
def test_schedules_start_at_the_peak_and_reach_their_end(
    kind: str, middle: float, last: float
) -> None:
    schedule = Schedule.model_validate({"kind": kind})
    assert learning_rate_factor(schedule, 0, 1000) == pytest.approx(1)
    assert learning_rate_factor(schedule, 500, 1000) == pytest.approx(middle, abs=1e-3)
    assert learning_rate_factor(schedule, 999, 1000) == pytest.approx(last, abs=3e-3)
    factors = [learning_rate_factor(schedule, step, 1000) for step in range(1000)]
    assert factors == sorted(factors, reverse=True)
    assert min(factors) > 0

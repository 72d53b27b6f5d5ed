"""Steps of the optimisers worked by hand, on one weight of a convolution and one bias."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from segnet.training.optimizer import build_optimizer, learning_rate_factor, set_learning_rate
from segnet.training.recipe import Optimizer, Schedule


def after(gradients: list[float], **settings: Any) -> tuple[list[float], list[float]]:
    """The weight and the bias, both 1 at first, after each step along such gradients."""
    network = nn.Conv2d(1, 1, 1)
    nn.init.ones_(network.weight)
    nn.init.ones_(network.bias)
    optimizer = build_optimizer(network, Optimizer.model_validate(settings))
    weights, biases = [], []
    for gradient in gradients:
        network.weight.grad = torch.full_like(network.weight, gradient)
        network.bias.grad = torch.full_like(network.bias, gradient)
        optimizer.step()
        weights.append(network.weight.item())
        biases.append(network.bias.item())
    return weights, biases


def test_momentum_of_sgd_is_that_of_the_recipe() -> None:
    """Velocities 1, 1.5 and 1.75; with Nesterov's they would be 1.5, 1.75 and 1.875."""
    weights, biases = after([1, 1, 1], kind="sgd", learning_rate=0.1, momentum=0.5)
    assert weights == pytest.approx([0.9, 0.75, 0.575])
    assert biases == pytest.approx(weights)


def test_decay_of_sgd_is_part_of_the_gradient_of_the_weight_alone() -> None:
    """0.1 (1 + 0.5 x 1), then 0.1 (1 + 0.5 x 0.85)."""
    weights, biases = after([1, 1], kind="sgd", learning_rate=0.1, momentum=0, weight_decay=0.5)
    assert weights == pytest.approx([0.85, 0.85 - 0.1425])
    assert biases == pytest.approx([0.9, 0.8])


def test_first_step_of_adam_is_the_rate_and_decay_of_adamw_comes_on_top() -> None:
    """Adam divides a gradient by its size, so decay inside of it would vanish: 0.9, not 0.85."""
    weights, biases = after([3], kind="adamw", learning_rate=0.1, weight_decay=0.5)
    assert weights == pytest.approx([0.85])  # 1 (1 - 0.1 x 0.5) - 0.1
    assert biases == pytest.approx([0.9])
    assert after([3], kind="adam", learning_rate=0.1, weight_decay=0.5)[0] == pytest.approx([0.9])


def test_a_rate_holds_for_weights_and_biases() -> None:
    network = nn.Conv2d(1, 1, 1)
    optimizer = build_optimizer(network, Optimizer(kind="sgd", learning_rate=1, momentum=0))
    set_learning_rate(optimizer, 0.25)
    assert [group["lr"] for group in optimizer.param_groups] == [0.25, 0.25]


@pytest.mark.parametrize(
    ("schedule", "steps", "expected"),
    [
        ({"kind": "poly", "power": 2}, [0, 5, 9], [1, 0.25, 0.01]),
        ({"kind": "cosine"}, [0, 5], [1, 0.5]),
        ({"kind": "cosine", "warmup_fraction": 0.2}, [2, 6], [1, 0.5]),
        ({"kind": "one_cycle", "warmup_fraction": 0.2}, [2, 6], [1, 0.5005]),
        ({"kind": "constant", "warmup_fraction": 0.24}, [0, 1, 2], [0.5, 1, 1]),  # 2.4: 2 steps
        ({"kind": "constant", "warmup_fraction": 0.28}, [0, 1, 2], [1 / 3, 2 / 3, 1]),  # 2.8: 3
    ],
)
def test_schedules_at_hand_worked_steps_of_ten(
    schedule: dict[str, Any], steps: list[int], expected: list[float]
) -> None:
    settings = Schedule.model_validate(schedule)
    found = [learning_rate_factor(settings, step, 10) for step in steps]
    assert found == pytest.approx(expected)


def test_one_cycle_ends_at_a_thousandth_of_the_peak() -> None:
    assert learning_rate_factor(Schedule(kind="one_cycle"), 10, 10) == pytest.approx(1e-3)

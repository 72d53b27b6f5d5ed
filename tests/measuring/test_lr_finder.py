from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from fake_splits import fake_split
from torch import Tensor, nn

from segnet.compute import Compute
from segnet.datasets.prepared.tensor_split import ResidentSplit
from segnet.errors import UserError
from segnet.losses import LOSSES
from segnet.measuring.lr_finder import LearningRateCurve, find_learning_rate
from segnet.models.weight_files import copy_weights
from segnet.seeding import global_stream
from segnet.training.recipe import Augmentation, Optimizer, Recipe, Schedule

SGD = Optimizer(kind="sgd", learning_rate=1.0, momentum=0.0)


def recipe(batch_size: int = 6, optimizer: Optimizer = SGD) -> Recipe:
    return Recipe(
        source="test",
        expects="nothing",
        batch_size=batch_size,
        optimizer=optimizer,
        schedule=Schedule(kind="constant"),
        augmentation=Augmentation(flip_probability=0.5),
        batch_norm="running",
    )


def tiny_network() -> nn.Module:
    with global_stream(0, "init"):
        return nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Dropout2d(0.2),
            nn.Conv2d(8, 3, 1),
        )


def run(network: nn.Module, split: ResidentSplit | None = None, **changes: Any) -> Any:
    arguments: dict[str, Any] = {
        "loss": LOSSES["ce"],
        "recipe": recipe(),
        "size": (16, 24),
        "seed": 0,
        "compute": Compute(torch.device("cpu"), "float32"),
    }
    return find_learning_rate(network, split or fake_split(), **{**arguments, **changes})


def half_mean_square(logits: Tensor, targets: Tensor) -> Tensor:
    """A quadratic of the weights of a linear network: stable up to 2 / its largest curvature."""
    return logits.square().sum(1).mean() / 2


def linear_network() -> nn.Module:
    with global_stream(0, "init"):
        return nn.Conv2d(3, 3, 1, bias=False)


def largest_stable_rate(split: ResidentSplit) -> float:
    pixels = split.images.double().movedim(1, -1).reshape(-1, 3) / 255
    curvature = torch.linalg.eigvalsh(pixels.T @ pixels / len(pixels)).max()
    return 2 / curvature.item()


@pytest.mark.parametrize("brightness", [1, 10])
def test_suggestion_is_a_stable_rate_and_follows_the_curvature(brightness: int) -> None:
    split = fake_split()
    split.images.copy_(split.images // brightness)  # curvature falls with the square
    limit = largest_stable_rate(split)
    curve = run(linear_network(), split, loss=half_mean_square, highest_rate=1e4, max_steps=150)
    assert curve.diverged
    assert limit / 10 < curve.suggestion < limit
    assert curve.learning_rates[-1] > limit


def test_the_suggested_rate_trains_and_the_last_one_tried_does_not() -> None:
    split = fake_split()
    images = split.images.float() / 255
    curve = run(linear_network(), split, loss=half_mean_square, highest_rate=1e4, max_steps=150)
    ends = {}
    for rate in (curve.suggestion / 1000, curve.suggestion, curve.learning_rates[-1]):
        network = linear_network()
        optimizer = torch.optim.SGD(network.parameters(), lr=rate)
        for _ in range(20):
            optimizer.zero_grad()
            half_mean_square(network(images), split.masks.long()).backward()
            optimizer.step()
        ends[rate] = half_mean_square(network(images), split.masks.long()).item()
    slow, good, broken = ends.values()
    assert good < 0.2 * slow
    assert broken > 100 * slow


def test_rates_grow_by_one_factor_and_the_mean_has_no_bias() -> None:
    curve = run(tiny_network(), recipe=recipe(2), max_steps=20, lowest_rate=1e-4, highest_rate=1.0)
    assert len(curve.learning_rates) == len(curve.losses) == len(curve.smoothed_losses) == 20
    np.testing.assert_allclose(curve.learning_rates, 1e-4 * 10 ** (4 * np.arange(20) / 19))
    running = 0.0
    for step, (value, smoothed) in enumerate(
        zip(curve.losses, curve.smoothed_losses, strict=True), start=1
    ):
        running = 0.9 * running + 0.1 * value
        assert smoothed == pytest.approx(running / (1 - 0.9**step))


@pytest.mark.parametrize("kind", ["sgd", "adamw"])
@pytest.mark.parametrize("training", [True, False])
def test_network_is_afterwards_as_before(kind: str, training: bool) -> None:
    network = tiny_network().train(training)
    parameters = list(network.parameters())
    before = copy_weights(network)
    settings = Optimizer.model_validate({"kind": kind, "learning_rate": 1, "weight_decay": 0.1})
    run(network, recipe=recipe(2, settings), max_steps=10)
    after = copy_weights(network)
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert all(one is other for one, other in zip(parameters, network.parameters(), strict=True))
    assert all(one.grad is None for one in parameters)
    assert all(module.training == training for module in network.modules())


def test_network_is_restored_if_the_loss_raises() -> None:
    network = tiny_network()
    before = copy_weights(network)
    calls: list[int] = []

    def breaks_at_the_third_batch(logits: Tensor, targets: Tensor) -> Tensor:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        value: Tensor = LOSSES["ce"](logits, targets)
        return value

    with pytest.raises(KeyboardInterrupt):
        run(network, loss=breaks_at_the_third_batch, lowest_rate=0.1)
    after = copy_weights(network)
    assert all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.usefixtures("deterministic")
def test_same_seed_gives_the_same_curve_and_leaves_the_global_stream_alone() -> None:
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    one = run(tiny_network(), recipe=recipe(2), max_steps=12)
    assert torch.equal(torch.rand(1), expected)
    torch.manual_seed(5)
    assert run(tiny_network(), recipe=recipe(2), max_steps=12) == one
    assert run(tiny_network(), recipe=recipe(2), max_steps=12, seed=1) != one


def test_curve_ends_before_a_loss_that_is_not_finite() -> None:
    calls: list[int] = []

    def breaks_at_the_third_batch(logits: Tensor, targets: Tensor) -> Tensor:
        calls.append(1)
        value: Tensor = LOSSES["ce"](logits, targets)
        return value * math.nan if len(calls) == 3 else value

    curve = run(tiny_network(), loss=breaks_at_the_third_batch)
    assert curve.diverged
    assert len(curve.learning_rates) == len(curve.losses) == 2
    assert len(calls) == 3


def test_loss_that_is_never_finite_is_an_error() -> None:
    def broken(logits: Tensor, targets: Tensor) -> Tensor:
        value: Tensor = LOSSES["ce"](logits, targets)
        return value * math.nan

    with pytest.raises(UserError, match="loss of the first batch is not finite"):
        run(tiny_network(), loss=broken)


def test_bounded_loss_is_tried_up_to_the_highest_rate() -> None:
    curve = run(tiny_network(), loss=LOSSES["dice"], max_steps=15, highest_rate=0.01)
    assert not curve.diverged
    assert curve.learning_rates[-1] == pytest.approx(0.01)


def test_loss_that_never_falls_gives_no_suggestion() -> None:
    rising = LearningRateCurve((0.1, 0.2, 0.4), (1.0, 2.0, 3.0), (1.0, 1.5, 2.2), diverged=True)
    assert math.isnan(rising.suggestion)
    falling = LearningRateCurve((0.1, 0.2, 0.4), (1.0, 0.8, 3.0), (1.0, 0.9, 2.0), diverged=True)
    assert falling.suggestion == pytest.approx(0.02)


def test_a_last_batch_of_one_image_joins_the_one_before() -> None:
    network = nn.Sequential(
        nn.Conv2d(3, 3, 1), nn.AdaptiveAvgPool2d(1), nn.BatchNorm2d(3), nn.Upsample(size=(16, 24))
    )
    curve = run(network, fake_split(num_images=7), recipe=recipe(3), max_steps=5, highest_rate=1e-3)
    assert len(curve.losses) == 5

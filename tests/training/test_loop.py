from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fake_splits import fake_split
from torch import Tensor, nn

from segnet.compute import Compute
from segnet.errors import UserError
from segnet.losses import LOSSES
from segnet.models.weight_files import Weights, copy_weights
from segnet.seeding import global_stream
from segnet.training import loop as training
from segnet.training.loop import fit
from segnet.training.progress import EpochRow, Progress
from segnet.training.recipe import Augmentation, Optimizer, Recipe, Schedule

RECIPE = Recipe(
    source="test",
    expects="nothing",
    batch_size=2,
    optimizer=Optimizer(kind="adamw", learning_rate=0.02, weight_decay=0.01),
    schedule=Schedule(kind="one_cycle", warmup_fraction=0.2),
    augmentation=Augmentation(scale=(0.8, 1.2), flip_probability=0.5, brightness=0.1),
    batch_norm="running",
)


class InterruptedRunError(Exception):
    """Stands for a kill."""


def tiny_network() -> nn.Module:
    with global_stream(0, "init"):
        return nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Dropout2d(0.2),
            nn.Conv2d(8, 3, 1),
        )


def run(state_path: Path, network: nn.Module | None = None, **changes: Any) -> Progress:
    arguments: dict[str, Any] = {
        "loss": LOSSES["ce"],
        "recipe": RECIPE,
        "size": (16, 24),
        "num_classes": 3,
        "total_epochs": 4,
        "validate_every_epochs": 2,
        "seed": 0,
        "compute": Compute(torch.device("cpu"), "float32"),
        "state_path": state_path,
        "on_step": lambda step: None,
        "on_epoch": lambda row: None,
    }
    training = changes.pop("training", None) or fake_split()
    network = network or tiny_network()
    return fit(network, training, fake_split(seed=1), **{**arguments, **changes})


def equal(one: Weights, other: Weights) -> bool:
    return all(torch.equal(one[key], other[key]) for key in one)


def scores(progress: Progress) -> list[list[float]]:
    return [[row.train_loss, row.val_miou, row.learning_rate] for row in progress.history]


def test_training_learns_the_colours(tmp_path: Path) -> None:
    progress = run(tmp_path / "state.pt", total_epochs=12)
    assert progress.history[-1].train_loss < 0.5 * progress.history[0].train_loss
    assert progress.selected_val_miou > 0.9


def test_killed_run_resumes_to_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "SAVE_EVERY_SECONDS", 0)
    whole = tiny_network()
    expected = run(tmp_path / "whole.pt", whole)

    def stop_in_epoch_three(row: EpochRow) -> None:
        if row.epoch == 3:
            raise InterruptedRunError

    with pytest.raises(InterruptedRunError):
        run(tmp_path / "state.pt", on_epoch=stop_in_epoch_three)
    resumed = tiny_network()
    seen: list[int] = []
    progress = run(tmp_path / "state.pt", resumed, on_epoch=lambda row: seen.append(row.epoch))

    assert seen == [1, 2, 3, 4]
    np.testing.assert_array_equal(scores(progress), scores(expected))
    assert equal(copy_weights(resumed), copy_weights(whole))
    assert progress.selected_epoch == expected.selected_epoch
    assert equal(progress.selected_weights, expected.selected_weights)


def test_validating_more_often_changes_no_weight(tmp_path: Path) -> None:
    seldom, often = tiny_network(), tiny_network()
    run(tmp_path / "a.pt", seldom, validate_every_epochs=4)
    run(tmp_path / "b.pt", often, validate_every_epochs=1)
    assert equal(copy_weights(seldom), copy_weights(often))


def test_another_seed_gives_other_weights(tmp_path: Path) -> None:
    one, other = tiny_network(), tiny_network()
    run(tmp_path / "a.pt", one)
    run(tmp_path / "b.pt", other, seed=1)
    assert not equal(copy_weights(one), copy_weights(other))


def test_only_validated_epochs_can_be_selected(tmp_path: Path) -> None:
    progress = run(tmp_path / "state.pt", total_epochs=5, validate_every_epochs=2)
    validated = [row.epoch for row in progress.history if not np.isnan(row.val_miou)]
    assert validated == [2, 4, 5]
    best = max(validated, key=lambda epoch: progress.history[epoch - 1].val_miou)
    assert progress.selected_epoch == best


def test_loss_that_is_not_finite_stops_with_the_step_named(tmp_path: Path) -> None:
    calls = []

    def breaks_at_the_fifth_step(logits: Tensor, targets: Tensor) -> Tensor:
        calls.append(1)
        value = LOSSES["ce"](logits, targets)
        return value * float("nan") if len(calls) == 5 else value

    with pytest.raises(UserError, match="diverged at epoch 2, step 2: loss nan"):
        run(tmp_path / "state.pt", loss=breaks_at_the_fifth_step)


def test_reestimated_batch_norm_changes_the_statistics_and_no_weight(tmp_path: Path) -> None:
    networks = [tiny_network(), tiny_network(), tiny_network()]
    anew = RECIPE.model_copy(update={"batch_norm": "reestimated"})
    run(tmp_path / "a.pt", networks[0])
    run(tmp_path / "b.pt", networks[1], recipe=anew)
    run(tmp_path / "c.pt", networks[2], recipe=anew, validate_every_epochs=1)
    running, reestimated, often = (copy_weights(network) for network in networks)
    for key in running.keys() - {"1.num_batches_tracked"}:
        is_statistic = "running_" in key
        assert torch.equal(running[key], reestimated[key]) != is_statistic, key
        assert torch.equal(reestimated[key], often[key]), key


def one_pixel_network() -> nn.Module:
    """Batch norm over maps of one pixel, as of the image's pyramid level of PSPNet and UPerNet."""
    with global_stream(0, "init"):
        return nn.Sequential(
            nn.Conv2d(3, 3, 3, padding=1),
            nn.AdaptiveAvgPool2d(1),
            nn.BatchNorm2d(3),
            nn.Upsample(size=(16, 24)),
        )


@pytest.mark.parametrize("batch_norm", ["running", "reestimated"])
def test_batch_norm_over_one_pixel_trains_with_any_remainder(
    batch_norm: str, tmp_path: Path
) -> None:
    steps: list[int] = []
    run(
        tmp_path / "state.pt",
        one_pixel_network(),
        training=fake_split(num_images=7),
        recipe=RECIPE.model_copy(update={"batch_norm": batch_norm}),
        total_epochs=2,
        on_step=steps.append,
    )
    assert steps == [1, 2, 3, 1, 2, 3]


def test_the_schedule_ends_with_the_last_of_the_merged_batches(tmp_path: Path) -> None:
    """Warm-up over all steps ends at the peak; it would not if more steps were counted."""
    rising = RECIPE.model_copy(update={"schedule": Schedule(kind="constant", warmup_fraction=0.99)})
    progress = run(tmp_path / "state.pt", training=fake_split(num_images=7), recipe=rising)
    rates = [row.learning_rate for row in progress.history]
    np.testing.assert_allclose(rates, 0.02 * np.array([3, 6, 9, 12]) / 12)

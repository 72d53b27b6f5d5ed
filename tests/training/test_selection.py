"""What validation selects and which weights it keeps, on networks whose every step is known."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fake_splits import fake_split
from source_mutations import assert_goes_red
from torch import Tensor, nn

from segnet.compute import Compute
from segnet.datasets.prepared.tensor_split import ResidentSplit
from segnet.errors import UserError
from segnet.taxonomy import IGNORE_INDEX
from segnet.training import loop
from segnet.training.checkpoint import load_state, save_state
from segnet.training.loop import fit
from segnet.training.progress import Progress
from segnet.training.recipe import Augmentation, Optimizer, Recipe, Schedule

SIZE = (4, 6)


class Offsets(nn.Module):
    """Logits that never see an image: one number a class, the same for every pixel."""

    def __init__(self, *values: float) -> None:
        super().__init__()
        self.values = nn.Parameter(torch.tensor(values))

    def forward(self, images: Tensor) -> Tensor:
        return self.values.view(1, -1, 1, 1) * torch.ones(len(images), 1, *images.shape[2:])


def raise_class_one(logits: Tensor, targets: Tensor) -> Tensor:
    """A loss whose gradient is -1 for the logit of class 1, whatever the targets."""
    return -logits[:, 1].mean()


def split_of(*masks: np.ndarray) -> ResidentSplit:
    sizes = np.tile(np.array(SIZE, np.int64), (len(masks), 1))
    images = torch.full((len(masks), 3, *SIZE), 100, dtype=torch.uint8)
    stacked = torch.from_numpy(np.stack(masks).astype(np.uint8))
    return ResidentSplit(images, stacked, sizes, sizes, torch.device("cpu"))


ALL_ZERO = np.zeros(SIZE)
MOSTLY_ONE = np.where(np.arange(24).reshape(SIZE) < 6, 0, 1)
HALF_VOID = np.where(np.arange(24).reshape(SIZE) < 12, 0, IGNORE_INDEX)


def recipe(learning_rate: float, schedule: str = "constant") -> Recipe:
    return Recipe(
        source="test",
        expects="nothing",
        batch_size=2,
        optimizer=Optimizer(kind="sgd", learning_rate=learning_rate, momentum=0.0),
        schedule=Schedule.model_validate({"kind": schedule, "power": 1.0}),
        augmentation=Augmentation(),
        batch_norm="running",
    )


def run(network: nn.Module, state_path: Path, **changes: Any) -> Progress:
    arguments: dict[str, Any] = {
        "loss": raise_class_one,
        "recipe": recipe(0.1),
        "size": SIZE,
        "num_classes": 2,
        "total_epochs": 3,
        "validate_every_epochs": 1,
        "seed": 0,
        "compute": Compute(torch.device("cpu"), "float32"),
        "state_path": state_path,
        "on_step": lambda step: None,
        "on_epoch": lambda row: None,
    }
    training = fake_split(num_images=6, size=SIZE, mask_size=SIZE)
    validation = changes.pop("validation", None) or split_of(ALL_ZERO)
    return fit(network, training, validation, **{**arguments, **changes})


def test_selected_weights_are_those_of_the_selected_epoch(tmp_path: Path) -> None:
    """Class 1 gains 0.1 a step, 0.3 an epoch, and overtakes class 0, which is right, in epoch 2."""

    def check() -> None:
        network = Offsets(0.5, 0.0)
        progress = run(network, tmp_path / "state.pt")
        assert [row.val_miou for row in progress.history] == [1, 0, 0]
        assert progress.selected_epoch == 1
        torch.testing.assert_close(progress.selected_weights["values"], torch.tensor([0.5, 0.3]))
        torch.testing.assert_close(network.values.detach(), torch.tensor([0.5, 0.9]))

    assert_goes_red(check, fit, ("copy_weights(network)", "network.state_dict()"))


def test_validation_scores_are_of_all_pixels_together(tmp_path: Path) -> None:
    """Class 0 everywhere: 12 of 12 pixels are right in one image, 6 of 24 in the other.

    Together the IoU of class 0 is 18 of 36, that of class 1 is 0. The means over the images would
    be (1 + (1/4 + 0) / 2) / 2 for mIoU and (1 + 1/4) / 2 for the accuracy.
    """

    def check() -> None:
        validation = split_of(HALF_VOID, MOSTLY_ONE)
        row = run(Offsets(5.0, 0.0), tmp_path / "state.pt", validation=validation).history[0]
        assert (row.val_miou, row.val_pixel_accuracy) == (0.25, 0.5)
        right, wrong = np.log1p(np.exp(-4.7)), np.log1p(np.exp(4.7))  # class 1 is at 0.3 by then
        assert row.val_loss == pytest.approx((18 * right + 18 * wrong) / 36, rel=1e-5)

    for score in ("miou", "pixel_accuracy"):
        of_split, of_images = f"metrics.{score}(counts)", f"metrics.{score}(result.counts).mean()"
        assert_goes_red(check, loop._validate, (of_split, of_images))


def test_of_equal_epochs_the_earliest_is_selected(tmp_path: Path) -> None:
    def check() -> None:
        progress = run(Offsets(5.0, 0.0), tmp_path / "state.pt")
        assert [row.val_miou for row in progress.history] == [1, 1, 1]
        assert progress.selected_epoch == 1
        assert float(progress.selected_weights["values"][1]) == pytest.approx(0.3)

    later = (
        "row.val_miou > progress.selected_val_miou",
        "row.val_miou >= progress.selected_val_miou",
    )
    assert_goes_red(check, fit, later)


def test_every_step_has_its_rate_and_the_row_the_mean_loss(tmp_path: Path) -> None:
    """Two epochs of three steps; the rate falls by a sixth of 0.1 from step to step."""
    network = Offsets(5.0, 0.0)
    progress = run(network, tmp_path / "state.pt", recipe=recipe(0.1, "poly"), total_epochs=2)
    steps = 0.1 * np.array([6, 5, 4, 3, 2, 1]) / 6
    before = np.concatenate([[0], np.cumsum(steps)])
    assert network.values[1].item() == pytest.approx(before[-1])
    for epoch, row in enumerate(progress.history):
        assert row.train_loss == pytest.approx(-before[3 * epoch : 3 * epoch + 3].mean())
        assert row.learning_rate == pytest.approx(steps[3 * epoch + 2])


def test_a_finite_loss_with_an_infinite_gradient_stops_and_the_state_before_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "SAVE_EVERY_SECONDS", -1)
    steps: list[int] = []

    def steep_in_epoch_two(logits: Tensor, targets: Tensor) -> Tensor:
        steps.append(1)
        at_zero = (logits[:, 1] - logits[:, 1].detach()).sum()
        return raise_class_one(logits, targets) + (at_zero.sqrt() if len(steps) == 5 else 0)

    with pytest.raises(UserError, match=r"epoch 2, step 2: loss -0\.\d+, gradient norm (inf|nan)"):
        run(Offsets(5.0, 0.0), tmp_path / "state.pt", loss=steep_in_epoch_two)
    kept = load_state(tmp_path / "state.pt")
    assert kept is not None
    assert [row["epoch"] for row in kept["progress"]["history"]] == [1]
    torch.testing.assert_close(kept["network"]["values"], torch.tensor([5.0, 0.3]))


def test_validation_and_training_run_in_the_precision_of_the_compute(tmp_path: Path) -> None:
    found: dict[bool, set[torch.dtype]] = {True: set(), False: set()}

    class Product(Offsets):
        """As it is, and notes the precision of a matrix product."""

        def forward(self, images: Tensor) -> Tensor:
            found[self.training].add((torch.ones(1, 1) @ torch.ones(1, 1)).dtype)
            return super().forward(images)

    for precision in ("float32", "bfloat16"):
        for dtypes in found.values():
            dtypes.clear()
        compute = Compute(torch.device("cpu"), precision)
        path = tmp_path / f"{precision}.pt"
        run(Product(5.0, 0.0), path, compute=compute, total_epochs=1)
        assert found == {mode: {getattr(torch, precision)} for mode in (True, False)}


def test_an_interrupted_save_leaves_the_state_before(tmp_path: Path) -> None:
    path = tmp_path / "state.pt"
    save_state({"epoch": 1}, path)
    with pytest.raises((AttributeError, pickle.PicklingError)):
        save_state({"epoch": 2, "not data": lambda: None}, path)
    assert load_state(path) == {"epoch": 1}


def test_a_state_that_would_run_code_counts_as_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_state({"epoch": Path("anything")}, tmp_path / "state.pt")
    assert load_state(tmp_path / "state.pt") is None
    assert "state.pt is damaged: the training starts anew" in capsys.readouterr().err

"""The training loop. Takes objects, knows no registry, file layout or tracker."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from segnet.compute import Compute
from segnet.datasets.prepared.tensor_split import ResidentSplit
from segnet.errors import UserError
from segnet.losses.parts.contract import Loss
from segnet.models.weight_files import Weights, copy_weights
from segnet.scoring.counts import metrics
from segnet.scoring.counts.evaluation import evaluate, network_predictor
from segnet.seeding import generator, global_stream
from segnet.training import augmentation as augment
from segnet.training.batches import batches_of
from segnet.training.checkpoint import load_state, save_state
from segnet.training.norm_statistics import reestimate_batch_norm
from segnet.training.optimizer import build_optimizer, learning_rate_factor, set_learning_rate
from segnet.training.recipe import Recipe

SAVE_EVERY_SECONDS = 60.0
"""How much work a killed run may lose; how often it is saved changes no result."""

NOT_VALIDATED = (math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class EpochRow:
    """One line of ``history.csv``. Validation fields are NaN in epochs that do not validate."""

    epoch: int
    learning_rate: float
    train_loss: float
    val_miou: float
    val_pixel_accuracy: float
    val_loss: float
    """Cross-entropy on the validation split, whatever the training loss is."""
    seconds: float
    """Of training; validation is not counted."""
    images_per_second: float


@dataclass
class Progress:
    """How far a training is; saved with network and optimiser, and restored to the bit."""

    history: list[EpochRow] = field(default_factory=list)
    selected_epoch: int = 0
    selected_val_miou: float = -math.inf
    selected_weights: Weights = field(default_factory=dict)


def fit(
    network: nn.Module,
    training: ResidentSplit,
    validation: ResidentSplit,
    *,
    loss: Loss,
    recipe: Recipe,
    size: tuple[int, int],
    num_classes: int,
    total_epochs: int,
    validate_every_epochs: int,
    seed: int,
    compute: Compute,
    state_path: Path,
    on_step: Callable[[int], None],
    on_epoch: Callable[[EpochRow], None],
) -> Progress:
    """Train a network in place; its weights at the end are those of the last epoch.

    Validates every ``validate_every_epochs`` and after the last epoch, and keeps the weights of the
    best validation mIoU (the earliest of equals). Continues from ``state_path`` if that file
    exists, with the same result to the bit as without the interruption.

    Args:
        network: logits from images in [0, 1]; moved to the device and memory format of ``compute``.
        training: images to learn from; every one is seen once an epoch.
        validation: images to select on.
        loss: of logits and targets.
        recipe: batch size, optimiser, schedule, augmentation.
        size: height and width of training batches.
        num_classes: channels of the logits.
        total_epochs: passes over the training images.
        validate_every_epochs: changes no weight, only which can be selected.
        seed: of the run.
        compute: device and precision.
        state_path: where the unfinished training is saved.
        on_step: called with the number of batches done in this epoch.
        on_epoch: called after each epoch, also for those restored from ``state_path``.

    Raises:
        UserError: if a loss or gradient is not finite; the state before that epoch is kept.
    """
    compute.place(network)
    optimizer = build_optimizer(network, recipe.optimizer)
    progress = _restore(state_path, network, optimizer)
    for row in progress.history:
        on_epoch(row)
    saved_at = time.monotonic()
    for epoch in range(len(progress.history) + 1, total_epochs + 1):
        started = time.monotonic()
        train_loss = _train_epoch(
            network,
            optimizer,
            training,
            loss=loss,
            recipe=recipe,
            size=size,
            epoch=epoch,
            total_epochs=total_epochs,
            seed=seed,
            compute=compute,
            on_step=on_step,
        )
        seconds = time.monotonic() - started
        scores = NOT_VALIDATED
        if epoch % validate_every_epochs == 0 or epoch == total_epochs:
            if recipe.batch_norm == "reestimated":
                with global_stream(seed, "batch norm dropout", epoch):
                    batches = _images(training, recipe, size, seed=seed, epoch=epoch)
                    reestimate_batch_norm(network, batches, compute)
            scores = _validate(network, validation, num_classes, compute)
        rate = optimizer.param_groups[0]["lr"]
        row = EpochRow(epoch, rate, train_loss, *scores, seconds, len(training) / seconds)
        progress.history.append(row)
        if row.val_miou > progress.selected_val_miou:
            progress.selected_epoch = epoch
            progress.selected_val_miou = row.val_miou
            progress.selected_weights = copy_weights(network)
        if time.monotonic() - saved_at > SAVE_EVERY_SECONDS:
            _save(state_path, network, optimizer, progress)
            saved_at = time.monotonic()
        on_epoch(row)
    return progress


def _train_epoch(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    training: ResidentSplit,
    *,
    loss: Loss,
    recipe: Recipe,
    size: tuple[int, int],
    epoch: int,
    total_epochs: int,
    seed: int,
    compute: Compute,
    on_step: Callable[[int], None],
) -> float:
    """One pass over the images; the mean loss of its batches."""
    network.train()
    order = torch.randperm(len(training), generator=generator(seed, "order", epoch))
    draws = augment.draw(len(training), generator(seed, "augment", epoch))
    batches = batches_of(order, recipe.batch_size)
    # Losses and gradient norms stay on the device until the epoch ends: reading one waits for the
    # GPU.
    losses = torch.zeros(len(batches), 2, device=compute.device)
    with global_stream(seed, "dropout", epoch):
        for index, indices in enumerate(batches):
            step = (epoch - 1) * len(batches) + index
            factor = learning_rate_factor(recipe.schedule, step, total_epochs * len(batches))
            set_learning_rate(optimizer, recipe.optimizer.learning_rate * factor)
            images, targets = augment.augment_batch(
                training.batch(indices),
                draws.at(indices, compute.device),
                recipe.augmentation,
                size=size,
            )
            with compute.autocast():
                logits = network(images.to(memory_format=compute.memory_format))
            batch_loss = loss(logits.float(), targets)
            optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(batch_loss)
            gradients = [one.grad for one in network.parameters() if one.grad is not None]
            losses[index, 0] = batch_loss.detach()
            losses[index, 1] = torch.nn.utils.get_total_norm(gradients)
            optimizer.step()
            on_step(index + 1)
    _check_finite(losses, epoch)
    return float(losses[:, 0].mean())


def _images(
    training: ResidentSplit, recipe: Recipe, size: tuple[int, int], *, seed: int, epoch: int
) -> Iterator[Float[Tensor, "b 3 h w"]]:
    """All training images once, in order, augmented as in training."""
    draws = augment.draw(len(training), generator(seed, "batch norm augment", epoch))
    for indices in batches_of(torch.arange(len(training)), recipe.batch_size):
        at = draws.at(indices, training.device)
        yield augment.augment_batch(training.batch(indices), at, recipe.augmentation, size=size)[0]


def _check_finite(losses: Float[Tensor, "steps 2"], epoch: int) -> None:
    """Stop at the first step whose loss or gradient norm is not finite."""
    broken = (~losses.isfinite()).any(1).nonzero()
    if len(broken):
        step = int(broken[0])
        value, norm = losses[step].tolist()
        raise UserError(
            f"training diverged at epoch {epoch}, step {step + 1}: loss {value}, gradient norm "
            f"{norm}. The last saved state is kept. Lower `learning_rate` of the recipe or "
            "lengthen its warm-up."
        )


def _validate(
    network: nn.Module, validation: ResidentSplit, num_classes: int, compute: Compute
) -> tuple[float, float, float]:
    """mIoU, pixel accuracy and cross-entropy on the validation split."""
    result = evaluate(network_predictor(network, compute), validation, num_classes=num_classes)
    counts = result.counts.sum(0)
    return float(metrics.miou(counts)), float(metrics.pixel_accuracy(counts)), result.cross_entropy


def _save(
    path: Path, network: nn.Module, optimizer: torch.optim.Optimizer, progress: Progress
) -> None:
    save_state(
        {
            "network": network.state_dict(),
            "optimizer": optimizer.state_dict(),
            "progress": {**vars(progress), "history": [asdict(row) for row in progress.history]},
        },
        path,
    )


def _restore(path: Path, network: nn.Module, optimizer: torch.optim.Optimizer) -> Progress:
    """Load what :func:`_save` wrote into network and optimiser; a new Progress if nothing."""
    state = load_state(path)
    if state is None:
        return Progress()
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    saved = state["progress"]
    return Progress(**{**saved, "history": [EpochRow(**row) for row in saved["history"]]})

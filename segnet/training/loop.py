"""The training loop. Takes objects, knows no registry, file layout or tracker."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from segnet.compute import Compute
from segnet.datasets.prepared.tensor_split import ResidentSplit
from segnet.errors import UserError
from segnet.losses.parts.contract import Loss
from segnet.models.weight_files import copy_weights
from segnet.scoring.counts import metrics
from segnet.scoring.counts.evaluation import evaluate, network_predictor
from segnet.seeding import generator, global_stream
from segnet.training import augmentation as augment
from segnet.training.batches import batches_of
from segnet.training.norm_statistics import reestimate_batch_norm
from segnet.training.optimizer import build_optimizer, learning_rate_factor, set_learning_rate
from segnet.training.progress import (
    BegunEpoch,
    EpochRow,
    Progress,
    restore_progress,
    save_progress,
)
from segnet.training.recipe import Recipe

SAVE_EVERY_SECONDS = 60.0
"""How much work a killed run may lose; how often it is saved changes no result."""

NOT_VALIDATED = (math.nan, math.nan, math.nan)


class TrainingStoppedError(Exception):
    """The training was asked to stop and has saved its state."""


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
    should_stop: Callable[[], bool] = lambda: False,
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
        should_stop: asked after each step.

    Raises:
        UserError: if a loss or gradient is not finite; the state before that epoch is kept.
        TrainingStoppedError: if ``should_stop`` said so; the state of that very step is saved.
    """
    compute.place(network)
    optimizer = build_optimizer(network, recipe.optimizer)
    progress = restore_progress(state_path, network, optimizer)
    for row in progress.history:
        on_epoch(row)
    saved_at = time.monotonic()
    for epoch in range(len(progress.history) + 1, total_epochs + 1):
        started = time.monotonic() - progress.begun.seconds
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
            begun=progress.begun,
            on_step=on_step,
            should_stop=should_stop,
        )
        seconds = time.monotonic() - started
        if train_loss is None:
            progress.begun.seconds = seconds
            save_progress(state_path, network, optimizer, progress)
            raise TrainingStoppedError
        progress.begun = BegunEpoch()
        scores = NOT_VALIDATED
        if epoch % validate_every_epochs == 0 or epoch == total_epochs:
            if recipe.norm.statistics == "reestimated":
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
            save_progress(state_path, network, optimizer, progress)
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
    begun: BegunEpoch,
    on_step: Callable[[int], None],
    should_stop: Callable[[], bool],
) -> float | None:
    """One pass over the images from where it was begun; the mean loss of all its batches.

    None if it was stopped; ``begun`` then says where.
    """
    network.train()
    order = torch.randperm(len(training), generator=generator(seed, "order", epoch))
    draws = augment.draw(len(training), generator(seed, "augment", epoch))
    batches = batches_of(order, recipe.batch_size)
    # Losses and gradient norms stay on the device until the epoch ends: reading one waits for the
    # GPU.
    losses = torch.zeros(len(batches), 2, device=compute.device)
    losses[: begun.steps] = torch.tensor(begun.losses).reshape(-1, 2)
    with global_stream(seed, "dropout", epoch):
        _set_random_states(begun.random_states)
        for index, indices in list(enumerate(batches))[begun.steps :]:
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
            if should_stop():
                begun.steps = index + 1
                begun.losses = losses[: begun.steps].tolist()
                begun.random_states = [torch.get_rng_state(), *torch.cuda.get_rng_state_all()]
                return None
    _check_finite(losses, epoch)
    return float(losses[:, 0].mean())


def _set_random_states(states: list[Tensor]) -> None:
    """Put back the states of torch's global generators; nothing where there are none."""
    if states:
        torch.set_rng_state(states[0])
        torch.cuda.set_rng_state_all(states[1:])


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

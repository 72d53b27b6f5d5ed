"""The learning-rate range test: raise the rate every batch until the loss diverges."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, islice

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from segnet.compute import Compute
from segnet.datasets.prepared.tensor_split import ResidentSplit
from segnet.errors import UserError
from segnet.losses.parts.contract import Loss
from segnet.seeding import generator, global_stream
from segnet.training import augmentation as augment
from segnet.training.batches import batches_of
from segnet.training.optimizer import build_optimizer, set_learning_rate
from segnet.training.recipe import Recipe

SMOOTHING = 0.9
"""Share of the running mean that a step keeps: about the last ten batches count."""

DIVERGED_FACTOR = 4.0
"""The test ends once the smoothed loss is this many times its minimum, as fastai's does."""

BELOW_MINIMUM = 10.0
"""The suggestion is this many times smaller than the rate of the lowest smoothed loss."""


@dataclass(frozen=True)
class LearningRateCurve:
    """What a range test saw: one entry a batch, up to the last one whose loss was finite."""

    learning_rates: tuple[float, ...]
    """Ascending, each the same factor above the one before."""
    losses: tuple[float, ...]
    smoothed_losses: tuple[float, ...]
    """Exponential mean of the losses so far, without the bias of its start at 0."""
    diverged: bool
    """Whether the loss blew up. If not, the highest rate was tried: always so with a bounded loss
    (Dice, Lovász); with another, the best rate may be higher still."""

    @property
    def suggestion(self) -> float:
        """The learning rate to train with; NaN if the loss never fell below its first value.

        A decade below the lowest smoothed loss, where the rate begins to do harm. The other usual
        choice, the steepest descent, is a difference of noisy neighbours, and most often found
        among the first batches, where there is little to smooth.
        """
        lowest = int(np.argmin(self.smoothed_losses))
        return self.learning_rates[lowest] / BELOW_MINIMUM if lowest else math.nan


def find_learning_rate(
    network: nn.Module,
    training: ResidentSplit,
    *,
    loss: Loss,
    recipe: Recipe,
    size: tuple[int, int],
    seed: int,
    compute: Compute,
    lowest_rate: float = 1e-6,
    highest_rate: float = 10.0,
    max_steps: int = 100,
    on_step: Callable[[int], None] | None = None,
) -> LearningRateCurve:
    """Train for a few batches at rates that grow exponentially, and say which rate is good.

    Smith (arXiv 1506.01186), section 3.3, with the exponential growth of fastai. The batches are
    those that training with this seed begins with. The network's weights, statistics and mode are
    afterwards as before, its gradients are gone.

    Args:
        network: logits from images in [0, 1]; moved to the device and memory format of ``compute``.
        training: images to learn from, as often as the steps need them.
        loss: of logits and targets.
        recipe: batch size, optimiser and augmentation; its learning rate and schedule are not used.
        size: height and width of training batches.
        seed: of the run.
        compute: device and precision.
        lowest_rate: of the first batch.
        highest_rate: of the last batch, if the loss does not diverge before.
        max_steps: batches from the lowest to the highest rate; at least 2.
        on_step: called after each batch with the number of batches so far.

    Raises:
        UserError: if the loss is not finite before the first step.
    """
    compute.place(network)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    was_training = network.training
    optimizer = build_optimizer(network, recipe.optimizer)
    rates = np.geomspace(lowest_rate, highest_rate, max_steps).tolist()
    losses: list[float] = []
    smoothed: list[float] = []
    diverged = False
    network.train()
    try:
        with global_stream(seed, "lr_finder"):
            batches = islice(_batches(training, recipe, size=size, seed=seed), max_steps)
            for rate, (images, targets) in zip(rates, batches, strict=True):
                set_learning_rate(optimizer, rate)
                value = _step(network, optimizer, images, targets, loss=loss, compute=compute)
                if not math.isfinite(value):
                    diverged = True
                    break
                losses.append(value)
                smoothed.append(_smooth(losses))
                if on_step is not None:
                    on_step(len(losses))
                if smoothed[-1] > DIVERGED_FACTOR * min(smoothed):
                    diverged = True
                    break
    finally:
        optimizer.zero_grad(set_to_none=True)
        network.load_state_dict(before)
        network.train(was_training)
    if not losses:
        raise UserError(
            "lr-find: the loss of the first batch is not finite, before any step. "
            "Look at the loss and the weights; no learning rate mends that."
        )
    return LearningRateCurve(tuple(rates[: len(losses)]), tuple(losses), tuple(smoothed), diverged)


def _batches(
    training: ResidentSplit, recipe: Recipe, *, size: tuple[int, int], seed: int
) -> Iterator[tuple[Float[Tensor, "b 3 h w"], Int64[Tensor, "b h w"]]]:
    """Augmented batches without end, epoch after epoch, drawn as ``segnet.training.loop`` does."""
    for epoch in count(1):
        order = torch.randperm(len(training), generator=generator(seed, "order", epoch))
        draws = augment.draw(len(training), generator(seed, "augment", epoch))
        for indices in batches_of(order, recipe.batch_size):
            yield augment.augment_batch(
                training.batch(indices),
                draws.at(indices, training.device),
                recipe.augmentation,
                size=size,
            )


def _step(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    images: Float[Tensor, "b 3 h w"],
    targets: Int64[Tensor, "b h w"],
    *,
    loss: Loss,
    compute: Compute,
) -> float:
    """One step of the optimiser; the loss before it."""
    with compute.autocast():
        logits = network(images.to(memory_format=compute.memory_format))
    batch_loss = loss(logits.float(), targets)
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(batch_loss)
    optimizer.step()
    return batch_loss.item()


def _smooth(losses: list[float]) -> float:
    """Exponential mean of all losses, the weights scaled to a sum of 1."""
    weights = SMOOTHING ** np.arange(len(losses) - 1, -1, -1)
    return float(np.average(losses, weights=weights))

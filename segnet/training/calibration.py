"""An encoder that equals its pretrained network before the first step, batch norm and all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from segnet.datasets.prepared.tensor_split import ResidentSplit
from segnet.seeding import generator
from segnet.training import augmentation as augment
from segnet.training.batches import batches_of
from segnet.training.recipe import Recipe

CALIBRATION_IMAGES = 64
"""Training images that the statistics are taken from."""


class _Moments:
    """Mean and variance of each channel over everything that passes; takes a batch norm's place."""

    def __init__(self) -> None:
        self.count = 0
        self.sums: Tensor | float = 0.0
        self.squares: Tensor | float = 0.0

    def __call__(self, norm: nn.Module, inputs: tuple[Tensor, ...], output: Any) -> Tensor:
        """A forward hook: add up what comes in, and hand it on instead of what came out."""
        values = inputs[0].double()
        self.count += values.numel() // values.shape[1]
        self.sums = self.sums + values.sum((0, 2, 3))
        self.squares = self.squares + values.square().sum((0, 2, 3))
        return inputs[0]

    def make_identity(self, norm: nn.BatchNorm2d) -> None:
        """Statistics as seen, scale and shift that undo them, in place."""
        mean = torch.as_tensor(self.sums) / self.count
        variance = (torch.as_tensor(self.squares) / self.count - mean.square()).clamp(min=0)
        assert norm.running_mean is not None
        assert norm.running_var is not None
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        # of the variance that was stored, in float32: scale and division then cancel to the bit
        norm.weight.copy_((norm.running_var.double() + norm.eps).sqrt())
        norm.bias.copy_(norm.running_mean)


def calibrate_encoder(network: nn.Module, batches: Iterable[Float[Tensor, "b 3 h w"]]) -> None:
    """Make every batch norm of ``network.encoder`` an identity on these images, in place.

    VGG16's weights are those of a network without batch norm. Under a fresh one (scale 1, shift 0)
    its biases and the scales of its channels are lost. So scale is set to the standard deviation
    and shift to the mean of the outputs of the convolution before, in the network without batch
    norm, and the running statistics to the same: in evaluation mode the encoder gives what the
    pretrained network gives, on any image; while training, as far as a batch is like these images.

    Args:
        network: with an attribute ``encoder``; all of it runs, in evaluation mode.
        batches: images in [0, 1], on the network's device.
    """
    encoder = network.get_submodule("encoder")
    norms = [one for one in encoder.modules() if isinstance(one, nn.BatchNorm2d)]
    moments = [_Moments() for _ in norms]
    hooks = [norm.register_forward_hook(seen) for norm, seen in zip(norms, moments, strict=True)]
    was_training = network.training
    network.eval()
    with torch.no_grad():
        for images in batches:
            network(images)
        for norm, seen in zip(norms, moments, strict=True):
            seen.make_identity(norm)
    for hook in hooks:
        hook.remove()
    network.train(was_training)


def calibration_images(
    training: ResidentSplit, recipe: Recipe, size: tuple[int, int], *, seed: int
) -> Iterator[Float[Tensor, "b 3 h w"]]:
    """Some images from all over the training split, augmented as in training."""
    count = min(CALIBRATION_IMAGES, len(training))
    chosen = torch.arange(count) * len(training) // count
    draws = augment.draw(len(training), generator(seed, "calibration augment"))
    for indices in batches_of(chosen, recipe.batch_size):
        at = draws.at(indices, training.device)
        yield augment.augment_batch(training.batch(indices), at, recipe.augmentation, size=size)[0]

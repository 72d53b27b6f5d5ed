"""Bayesian SegNet: the mean and the spread of predictions with dropout kept on.

Source: Kendall, Badrinarayanan, Cipolla, arXiv 1511.02680, section 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from segnet.errors import UserError
from segnet.seeding import global_stream

PAPER_SAMPLES = 50
"""How many predictions the paper averages."""


class UncertainPrediction(NamedTuple):
    """What Monte Carlo dropout says about a batch."""

    probabilities: Float[Tensor, "b classes h w"]
    """Mean of the softmax over the samples."""
    variance: Float[Tensor, "b h w"]
    """Variance of the softmax over the samples, mean over the classes: the paper's uncertainty.
    From 0, as for one sample, to :func:`greatest_variance`, at most 0.25."""


def greatest_variance(num_classes: int) -> float:
    """The variance where every sample is sure of one class and all classes come equally often.

    Over K classes (K - 1) / K²: each class is 1 in a share 1 / K of the samples, else 0.
    """
    return (num_classes - 1) / num_classes**2


def predict_with_uncertainty(
    network: nn.Module, images: Float[Tensor, "b 3 h w"], *, samples: int, seed: int
) -> UncertainPrediction:
    """Average ``samples`` predictions, each with its own dropout masks.

    Batch norm uses its running statistics. The same seed gives the same result for the same batch,
    on one kind of device; the modes of the network are left as they were.

    Args:
        network: logits from images in [0, 1], with dropout.
        images: on the network's device.
        samples: predictions to average; the paper saw no gain after about 40.
        seed: of the dropout masks.

    Raises:
        UserError: if the network has no dropout, or ``samples`` is less than one.
    """
    if samples < 1:
        raise UserError(f"samples is {samples}; Monte Carlo dropout needs at least one.")
    with _dropout_alone_training(network), torch.inference_mode(), global_stream(seed, "samples"):
        mean = network(images).float().softmax(1)
        squares = torch.zeros_like(mean)
        for count in range(2, samples + 1):
            sample = network(images).float().softmax(1)
            step = sample - mean
            mean = mean + step / count  # Welford: no difference of large sums
            squares = squares + step * (sample - mean)
    return UncertainPrediction(mean, squares.mean(1) / samples)


def dropout_layers(network: nn.Module) -> list[nn.Dropout]:
    """The dropout layers that drop anything.

    Raises:
        UserError: if there is none.
    """
    dropouts = [one for one in network.modules() if isinstance(one, nn.Dropout) and one.p > 0]
    if not dropouts:
        raise UserError(
            f"{type(network).__name__} has no dropout, so every sample would be the same. Take "
            "segnet_v1 with `dropout: 0.5` (params.yaml: models.segnet_v1) and train it with "
            "`dvc repro`."
        )
    return dropouts


@contextmanager
def _dropout_alone_training(network: nn.Module) -> Iterator[None]:
    """Dropout as in training, everything else as in evaluation; afterwards as before."""
    dropouts = dropout_layers(network)
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    for dropout in dropouts:
        dropout.train()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode

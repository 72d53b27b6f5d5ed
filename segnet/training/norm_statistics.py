"""Batch-norm statistics of the final weights, instead of an average over the weights on the way."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from segnet.compute import Compute


def reestimate_batch_norm(
    network: nn.Module, batches: Iterable[Float[Tensor, "b 3 h w"]], compute: Compute
) -> None:
    """Replace the running mean and variance of every batch norm by their means over ``batches``.

    SegNet paper, section 4: before each evaluation "a full pass over the data" recomputes them. All
    batches weigh the same. Weights stay as they are; the network is left in training mode. Without
    batch norm nothing happens.

    Args:
        network: on the device of ``compute``.
        batches: images in [0, 1].
        compute: device and precision, as in training.
    """
    norms = [one for one in network.modules() if isinstance(one, nn.BatchNorm2d)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    network.train()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over the batches
    with torch.no_grad(), compute.autocast():
        for images in batches:
            network(images.to(memory_format=compute.memory_format))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum

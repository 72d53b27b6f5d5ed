"""What one image costs a network: multiply-adds, counted without computing anything."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def count_multiply_adds(network_factory: Callable[[], nn.Module], height: int, width: int) -> int:
    """Multiply-adds of convolutions and matrix products for one RGB image.

    Batch norm, activations, pooling and interpolation are not counted, as in most papers. The
    network is built and run on the meta device: shapes only, no memory, no weights.

    Args:
        network_factory: builds the network.
        height: of the image, pixels.
        width: of the image, pixels.
    """
    counter = FlopCounterMode(display=False)
    with torch.device("meta"), torch.no_grad():
        network = network_factory().eval()
        images = torch.empty(1, 3, height, width)
        with counter:
            network(images)
    return int(counter.get_total_flops()) // 2  # torch counts multiplication and addition apart

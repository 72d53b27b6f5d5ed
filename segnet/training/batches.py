"""How the images of an epoch are divided into batches."""

from __future__ import annotations

import torch
from jaxtyping import Int64
from torch import Tensor


def batches_of(order: Int64[Tensor, " n"], batch_size: int) -> list[Int64[Tensor, " b"]]:
    """Indices in batches of ``batch_size``, the last one of what remains.

    A remainder of one image is part of the batch before it: batch norm has no variance over one
    image where a map is one pixel, and a poor one elsewhere. So only a split of one image, or a
    ``batch_size`` of 1, has batches of one.
    """
    batches = list(torch.split(order, batch_size))
    if batch_size > 1 and len(batches) > 1 and len(batches[-1]) == 1:
        batches[-2:] = [torch.cat(batches[-2:])]
    return batches


def steps_per_epoch(num_images: int, batch_size: int) -> int:
    """How many batches :func:`batches_of` makes of ``num_images``."""
    return len(batches_of(torch.arange(num_images), batch_size))

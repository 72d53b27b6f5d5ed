"""A prepared split as tensors that stay in memory and are batched by index. No worker processes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from segnet.datasets.prepared.store import PreparedSplit

DEVICE_MEMORY_SHARE = 0.4
"""A split that needs more of the GPU's free memory than this stays in the host's."""


class Batch(NamedTuple):
    """Images and masks on the compute device, each on its canvas."""

    images: UInt8[Tensor, "b 3 h w"]
    masks: UInt8[Tensor, "b mask_h mask_w"]
    image_extents: Float[Tensor, "b 2"]
    """Height and width of each image as a fraction of the canvas."""
    mask_extents: Float[Tensor, "b 2"]


@dataclass(frozen=True)
class ResidentSplit:
    """One split in the memory of the device that computes, or of the host where it does not fit."""

    images: UInt8[Tensor, "n 3 h w"]
    masks: UInt8[Tensor, "n mask_h mask_w"]
    image_sizes: Int64[np.ndarray, "n 2"]
    mask_sizes: Int64[np.ndarray, "n 2"]
    device: torch.device

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, indices: Int64[Tensor, " b"]) -> Batch:
        """The images with these indices; the indices lie on the CPU."""
        stored = indices.to(self.images.device)
        chosen = indices.numpy()
        canvas = np.array(self.images.shape[-2:])
        mask_canvas = np.array(self.masks.shape[-2:])
        return Batch(
            self.images[stored].to(self.device),
            self.masks[stored].to(self.device),
            torch.from_numpy(self.image_sizes[chosen] / canvas).float().to(self.device),
            torch.from_numpy(self.mask_sizes[chosen] / mask_canvas).float().to(self.device),
        )

    def equal_size_batches(self, batch_size: int) -> Iterator[Int64[Tensor, " b"]]:
        """Indices of all images, in batches whose images and masks have one size each."""

        def sizes(index: int) -> tuple[int, ...]:
            return (*self.image_sizes[index].tolist(), *self.mask_sizes[index].tolist())

        for _, group in groupby(sorted(range(len(self)), key=sizes), key=sizes):
            yield from torch.split(torch.tensor(list(group)), batch_size)


def load_resident(split: PreparedSplit, device: torch.device) -> ResidentSplit:
    """Copy a split into memory, the device's own if it takes at most 40 % of what is free."""
    storage = device
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        if split.images.nbytes + split.masks.nbytes > DEVICE_MEMORY_SHARE * free:
            storage = torch.device("cpu")
    images = torch.from_numpy(np.ascontiguousarray(split.images).copy()).permute(0, 3, 1, 2)
    return ResidentSplit(
        images.to(storage),
        torch.from_numpy(np.ascontiguousarray(split.masks).copy()).to(storage),
        split.image_sizes,
        split.mask_sizes,
        device,
    )

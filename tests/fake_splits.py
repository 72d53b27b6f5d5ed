"""Tiny splits made in memory, for tests of everything that comes after preparation."""

from __future__ import annotations

import numpy as np
import torch

from segnet.datasets.prepared.tensor_split import ResidentSplit
from segnet.taxonomy import IGNORE_INDEX


def fake_split(
    *,
    num_images: int = 6,
    num_classes: int = 3,
    size: tuple[int, int] = (16, 24),
    mask_size: tuple[int, int] = (16, 24),
    seed: int = 0,
) -> ResidentSplit:
    """Images whose colour gives the class away: blocks of one class each, with some void."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, num_classes, (num_images, 2, 3))
    masks = _enlarge(blocks, mask_size).astype(np.uint8)
    images = PALETTE[_enlarge(blocks, size)]
    masks[:, 0, :] = IGNORE_INDEX
    return ResidentSplit(
        torch.from_numpy(images.astype(np.uint8)).permute(0, 3, 1, 2),
        torch.from_numpy(masks),
        np.tile(np.array(size, np.int64), (num_images, 1)),
        np.tile(np.array(mask_size, np.int64), (num_images, 1)),
        torch.device("cpu"),
    )


PALETTE = np.array([[220, 40, 40], [40, 220, 40], [40, 40, 220], [220, 220, 40]])


def _enlarge(blocks: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return blocks.repeat(size[0] // 2, 1).repeat(size[1] // 3, 2)

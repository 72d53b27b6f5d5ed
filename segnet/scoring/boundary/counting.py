"""Boundary scores of a split: predicted class maps against masks, image by image."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

from segnet.scoring.boundary.f1 import boundary_matches
from segnet.scoring.boundary.iou import band_overlap
from segnet.scoring.boundary.scores import BandOverlap, BoundaryMatches
from segnet.scoring.boundary.store import Boundaries


def count_boundaries(
    predicted: UInt8[np.ndarray, "n mask_h mask_w"],
    masks: UInt8[Tensor, "n mask_h mask_w"],
    mask_sizes: Int64[np.ndarray, "n 2"],
    num_classes: int,
    *,
    device: torch.device,
    batch_size: int = 8,
) -> Boundaries:
    """Count matched boundary pixels and overlapping bands of every image of a split.

    Each image is taken without the canvas around it, so the border of the canvas is no boundary
    and the tolerance and the width of the bands follow the image's own size.

    Args:
        predicted: class maps on the canvas of the masks.
        masks: on any device.
        mask_sizes: height and width of each mask on its canvas.
        num_classes: classes of both maps.
        device: where to compute.
        batch_size: images of one size at a time; changes no count.

    Raises:
        UserError: if a map holds a label that is neither a class nor ``IGNORE_INDEX``.
    """
    order: list[int] = []
    excluded: list[BoundaryMatches] = []
    kept: list[BoundaryMatches] = []
    overlaps: list[BandOverlap] = []
    for indices in _equal_size_batches(mask_sizes, batch_size):
        height, width = mask_sizes[indices[0]].tolist()
        guessed = torch.from_numpy(predicted[indices, :height, :width]).to(device)
        truth = masks[torch.tensor(indices, device=masks.device), :height, :width].to(device)
        order += indices
        excluded.append(boundary_matches(guessed, truth, num_classes, void_boundaries="excluded"))
        kept.append(boundary_matches(guessed, truth, num_classes, void_boundaries="kept"))
        overlaps.append(band_overlap(guessed, truth, num_classes))
    back = np.argsort(order)
    return Boundaries(
        BoundaryMatches(*(np.concatenate(parts)[back] for parts in zip(*excluded, strict=True))),
        BoundaryMatches(*(np.concatenate(parts)[back] for parts in zip(*kept, strict=True))),
        BandOverlap(*(np.concatenate(parts)[back] for parts in zip(*overlaps, strict=True))),
    )


def _equal_size_batches(sizes: Int64[np.ndarray, "n 2"], batch_size: int) -> list[list[int]]:
    """Indices of all images, in batches of one size each."""

    def size(index: int) -> tuple[int, ...]:
        return tuple(sizes[index].tolist())

    groups = (list(group) for _, group in groupby(sorted(range(len(sizes)), key=size), key=size))
    return [
        group[start : start + batch_size]
        for group in groups
        for start in range(0, len(group), batch_size)
    ]

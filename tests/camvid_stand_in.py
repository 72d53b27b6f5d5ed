"""Predictions with realistic errors that need no network: the labels of the frame before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8
from scipy import ndimage

from segnet.taxonomy import IGNORE_INDEX


def stand_in(
    masks: Sequence[UInt8[np.ndarray, "h w"]], sequences: Sequence[str], *, keep_void: bool = False
) -> list[UInt8[np.ndarray, "h w"]]:
    """For each frame the mask of the one before it in its video; for the first, of the one after.

    Void is filled with the nearest class, unless it is kept.
    """
    first = [at == 0 or sequences[at - 1] != sequences[at] for at in range(len(masks))]
    before = [masks[at + 1 if is_first else at - 1] for at, is_first in enumerate(first)]
    return before if keep_void else [fill_void(one) for one in before]


def fill_void(labels: UInt8[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w"]:
    """Labels with each void pixel given the label of the nearest labelled one."""
    rows, columns = ndimage.distance_transform_edt(
        labels == IGNORE_INDEX, return_distances=False, return_indices=True
    )
    return labels[rows, columns]

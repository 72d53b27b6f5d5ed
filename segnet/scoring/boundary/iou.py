"""Overlap of the bands inside the boundaries of all classes at once, for Boundary IoU."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Int
from torch import Tensor
from torch.nn import functional as F

from segnet.scoring.boundary.class_bits import (
    Labels,
    Words,
    class_groups,
    class_words,
    count_pixels,
    everything_where,
    pixels_of_classes,
)
from segnet.scoring.boundary.scores import BandOverlap
from segnet.taxonomy import IGNORE_INDEX

BAND_WIDTH = 0.02
"""Share of the image's diagonal that a band is wide: 12 pixels at 360x480."""


def band_overlap(
    predicted: Labels, masks: Labels, num_classes: int, *, band_width: float = BAND_WIDTH
) -> BandOverlap:
    """Count the pixels in both bands and in either band of each class in each image.

    The band of a class are its pixels that ``d`` erosions with a 3×3 square remove, ``d`` being
    ``band_width`` diagonals rounded, at least 1: those with a pixel that is not of the class, or
    the outside of the image, at most ``d`` rows and ``d`` columns away (Cheng et al. 2021,
    section 4; their code pads masks with 0 and rounds in this way). A class that is nowhere wider
    than ``2 d`` is all band, and its Boundary IoU is its IoU.

    Void pixels of the masks are left out of all counts, and erode no class, in either map: unlike
    another class next to it, void makes no band.

    Args:
        predicted: class maps; ``IGNORE_INDEX`` is a pixel of no class.
        masks: of the same size.
        num_classes: classes of both.
        band_width: as a share of the diagonal.

    Raises:
        UserError: if a map holds a label that is neither a class nor ``IGNORE_INDEX``.
    """
    for labels in (predicted, masks):
        pixels_of_classes(labels, num_classes)
    void = masks == IGNORE_INDEX
    width = max(1, round(band_width * math.hypot(*masks.shape[1:])))
    counts: list[list[np.ndarray]] = []
    for classes in class_groups(num_classes):
        hidden = everything_where(void, classes)
        bands = []
        for labels in (predicted, masks):
            words = class_words(labels, classes)
            bands.append(words & ~(_erode(words | hidden, width) | hidden))
        words_counted = (bands[0] & bands[1], bands[0] | bands[1])
        counts.append([count_pixels(one, classes).numpy() for one in words_counted])
    intersection, union = (np.concatenate(groups, 1) for groups in zip(*counts, strict=True))
    return BandOverlap(intersection, union, np.full(len(masks), width, np.int64))


def _erode(words: Words, width: int) -> Words:
    """The classes of all pixels at most ``width`` rows and columns away; outside there is none."""
    padded = F.pad(words, (width, width, width, width))
    return _and_over_window(_and_over_window(padded, 2 * width + 1, 1), 2 * width + 1, 2)


def _and_over_window(words: Words, length: int, dim: int) -> Int[Tensor, "b fewer_h fewer_w"]:
    """AND over every run of ``length`` pixels along ``dim``; doubling takes log2(length) steps."""
    covered = 1
    while covered < length:
        step = min(covered, length - covered)
        size = words.shape[dim] - step
        words = words.narrow(dim, 0, size) & words.narrow(dim, step, size)
        covered += step
    return words

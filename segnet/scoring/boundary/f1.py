"""Matched boundary pixels of all classes at once, for the boundary F1 of the SegNet paper."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import torch
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
from segnet.scoring.boundary.scores import BoundaryMatches
from segnet.taxonomy import IGNORE_INDEX

VoidBoundaries = Literal["excluded", "kept"]

TOLERANCE = 0.0075
"""Share of the image's diagonal within which boundaries match: 4.5 pixels at 360x480."""


def boundary_matches(
    predicted: Labels,
    masks: Labels,
    num_classes: int,
    *,
    void_boundaries: VoidBoundaries = "excluded",
    tolerance: float = TOLERANCE,
) -> BoundaryMatches:
    """Count boundary pixels, and those that have a counterpart, of each class in each image.

    A boundary pixel of a class is a pixel of the class with a neighbour above, below, left or right
    that is not: the boundary lies inside the class, one pixel wide. The border of the image is no
    boundary. The released script marks the corners between pixels instead, as the Berkeley
    benchmark does: CamVid's labels moved by 5 pixels score 0.82 so, and 0.78 here.

    A boundary pixel matches if the other map has one of the same class at most ``tolerance`` away
    (Euclidean). The released script assigns boundary pixels one to one instead, which matches as
    many or fewer.

    Args:
        predicted: class maps; ``IGNORE_INDEX`` is a pixel of no class.
        masks: of the same size.
        num_classes: classes of both.
        void_boundaries: ``excluded``: predictions on void pixels are dropped, and the neighbour
            must be of *another class*, in both maps; where a class meets nothing but void there is
            no boundary, and a predicted boundary just beside that void finds no counterpart.
            ``kept``, as the released script has it: void is one more thing that is not the class,
            and predictions on it count. Take ``kept`` where void is drawn around every object, as
            in Pascal VOC: nearly all boundaries are with void there.
        tolerance: as a share of the diagonal.

    Raises:
        UserError: if a map holds a label that is neither a class nor ``IGNORE_INDEX``.
    """
    pixels_of_classes(predicted, num_classes)
    in_truth = pixels_of_classes(masks, num_classes) > 0
    squared_reach = _squared_reach(masks.shape[1], masks.shape[2], tolerance)
    void = masks == IGNORE_INDEX
    unknown = void if void_boundaries == "excluded" else torch.zeros_like(void)
    counts: list[list[np.ndarray]] = []
    for classes in class_groups(num_classes):
        hidden = everything_where(unknown, classes)
        predicted_edges = _edges(class_words(predicted, classes), hidden)
        true_edges = _edges(class_words(masks, classes), hidden)
        words = (
            predicted_edges,
            predicted_edges & _dilate(true_edges, squared_reach),
            true_edges,
            true_edges & _dilate(predicted_edges, squared_reach),
        )
        counts.append([count_pixels(one, classes).numpy() for one in words])
    edges, matched, true, found = (
        np.concatenate(groups, 1) for groups in zip(*counts, strict=True)
    )
    return BoundaryMatches(edges, matched, true, found, in_truth.numpy())


def _edges(words: Words, hidden: Words) -> Words:
    """The class of each pixel if a neighbour lacks it; hidden pixels neither have nor lack any."""
    known = words | hidden
    shared = known.clone()
    for dim in (1, 2):
        size = words.shape[dim] - 1
        for here, there in ((0, 1), (1, 0)):
            shared.narrow(dim, here, size).bitwise_and_(known.narrow(dim, there, size))
    return words & ~(shared | hidden)


def _dilate(words: Words, squared_reach: int) -> Words:
    """The classes within a disk around each pixel: an OR over its rows, the narrow ones first."""
    reach = math.isqrt(squared_reach)
    height, width = words.shape[1:]
    padded = F.pad(words, (reach, reach, reach, reach))
    row = padded.narrow(2, reach, width).clone()
    inside = torch.zeros_like(words)
    half_width = 0
    for offset in range(reach, -1, -1):
        while (half_width + 1) ** 2 + offset**2 <= squared_reach:
            half_width += 1
            row |= padded.narrow(2, reach - half_width, width)
            row |= padded.narrow(2, reach + half_width, width)
        inside |= row.narrow(1, reach - offset, height)
        inside |= row.narrow(1, reach + offset, height)
    return inside


def _squared_reach(height: int, width: int, tolerance: float) -> int:
    """The largest squared distance between two pixels that is within the tolerance."""
    squared = tolerance**2 * (height**2 + width**2)
    return math.floor(squared * (1 + 1e-12))  # a distance of exactly the tolerance is within it

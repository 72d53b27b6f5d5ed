"""Boundary scores from counts. No torch: any definition can be recomputed from stored counts.

Sources: Badrinarayanan, Kendall, Cipolla, arXiv 1511.00561v3, section 3.3, and the released script
``Scripts/computeBFmeasure.m`` (alexgkendall/SegNet-Tutorial) for boundary F1 (BF); Cheng et al.,
arXiv 2103.16562, for Boundary IoU.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, Int64

PerImageAndClass = Int64[np.ndarray, "n classes"]
ClassRule = Literal["truth", "either"]


class BoundaryMatches(NamedTuple):
    """Boundary pixels of each class in each image: what boundary F1 is computed from."""

    predicted: PerImageAndClass
    """Boundary pixels of the predicted class map."""
    predicted_matched: PerImageAndClass
    """Those of them that have a true boundary pixel of the class within the tolerance."""
    true: PerImageAndClass
    """Boundary pixels of the mask."""
    true_matched: PerImageAndClass
    """Those of them that have a predicted boundary pixel of the class within the tolerance."""
    in_truth: Bool[np.ndarray, "n classes"]
    """Whether the class occurs in the mask, with or without a boundary."""


class BandOverlap(NamedTuple):
    """Overlap of the bands inside the boundaries: what Boundary IoU is computed from."""

    intersection: PerImageAndClass
    """Pixels in the band of the class in both maps; void left out."""
    union: PerImageAndClass
    """Pixels in the band of the class in either map; void left out."""
    widths: Int64[np.ndarray, " n"]
    """Width of the bands of each image in pixels."""


def boundary_f1_each(matches: BoundaryMatches) -> Float64[np.ndarray, "n classes"]:
    """F1 of boundary precision and recall of each class in each image, in [0, 1].

    0 if only one of the maps has a boundary of the class; NaN if none has.
    """
    precision = matches.predicted_matched / np.maximum(matches.predicted, 1)
    recall = matches.true_matched / np.maximum(matches.true, 1)
    total = precision + recall
    f1 = 2 * precision * recall / np.where(total > 0, total, 1)
    return np.where((matches.predicted > 0) | (matches.true > 0), f1, np.nan)


def boundary_f1_of_images(
    matches: BoundaryMatches, *, rule: ClassRule = "truth"
) -> Float64[np.ndarray, " n"]:
    """Mean of :func:`boundary_f1_each` over the classes of each image; NaN where there is none.

    Args:
        matches: of any number of images.
        rule: which classes count. ``truth``: those in the mask, as the paper says. ``either``:
            those with a boundary in the mask or in the prediction, as the released script has it;
            a class predicted by mistake then scores 0. The script gives an image without any class
            0, here it is NaN.
    """
    f1 = boundary_f1_each(matches)
    counted = ~np.isnan(f1) & (matches.in_truth if rule == "truth" else True)
    return _mean(f1, counted)


def boundary_f1(matches: BoundaryMatches, *, rule: ClassRule = "truth") -> float:
    """BF of a split: mean of :func:`boundary_f1_of_images` over the images where it is defined."""
    of_images = boundary_f1_of_images(matches, rule=rule)
    return float(_mean(of_images, ~np.isnan(of_images)))


def boundary_iou_each(
    intersection: Int64[np.ndarray, "*batch classes"], union: Int64[np.ndarray, "*batch classes"]
) -> Float64[np.ndarray, "*batch classes"]:
    """Boundary IoU of each class, in [0, 1], from sums over a split; NaN for a class in neither.

    Add the counts of all images first, as in :mod:`segnet.scoring.counts.metrics`.
    """
    with np.errstate(invalid="ignore"):
        return np.asarray(np.true_divide(intersection, union))


def boundary_iou(
    intersection: Int64[np.ndarray, "*batch classes"], union: Int64[np.ndarray, "*batch classes"]
) -> Float64[np.ndarray, "*batch"]:
    """Mean of :func:`boundary_iou_each` over the classes where it is defined."""
    each = boundary_iou_each(intersection, union)
    return _mean(each, ~np.isnan(each))


def _mean(
    values: Float64[np.ndarray, "*batch k"], counted: Bool[np.ndarray, "*batch k"]
) -> Float64[np.ndarray, "*batch"]:
    """Mean over the last axis of the values that count; NaN where none does."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(counted, values, 0).sum(-1) / counted.sum(-1))

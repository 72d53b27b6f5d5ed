"""Scores from confusion counts. No torch: any definition can be recomputed from stored counts.

``counts[t, p]`` is the number of pixels of class ``t`` predicted as class ``p``; pixels whose truth
is ``IGNORE_INDEX`` are in none. Add the counts of all images first, then divide once: a mean of
per-image or per-batch ratios is a different number. 0/0 is NaN and left out of means.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from jaxtyping import Float64, Int64

Counts = Int64[np.ndarray, "*batch classes classes"]
PerClass = Float64[np.ndarray, "*batch classes"]
Ratio = Float64[np.ndarray, "*batch"]


def iou(counts: Counts) -> PerClass:
    """Intersection over union of each class, in [0, 1]; NaN where a class is in neither map.

    A class that is predicted but never true scores 0: its false positives are not free.
    """
    correct = np.diagonal(counts, axis1=-2, axis2=-1)
    union = counts.sum(-1) + counts.sum(-2) - correct
    return _divide(correct, union)


def class_accuracy_each(counts: Counts) -> PerClass:
    """Recall of each class, in [0, 1]; NaN where a class never occurs in the truth."""
    return _divide(np.diagonal(counts, axis1=-2, axis2=-1), counts.sum(-1))


def miou(counts: Counts) -> Ratio:
    """Mean of :func:`iou` over the classes where it is defined; NaN if there is none."""
    return _mean_of_defined(iou(counts))


def class_accuracy(counts: Counts) -> Ratio:
    """Class average accuracy, C in the SegNet paper (section 3.3)."""
    return _mean_of_defined(class_accuracy_each(counts))


def pixel_accuracy(counts: Counts) -> Ratio:
    """Global accuracy, G in the SegNet paper (section 3.3)."""
    correct = np.diagonal(counts, axis1=-2, axis2=-1).sum(-1)
    return _divide(correct, counts.sum((-2, -1)))


def fwiou(counts: Counts) -> Ratio:
    """IoU weighted by the share of each class in the truth (Long et al. 2015, section 5)."""
    weights = _divide(counts.sum(-1), counts.sum((-2, -1))[..., None])
    return np.asarray(np.nansum(weights * iou(counts), axis=-1))


def classes_scored(counts: Counts) -> Int64[np.ndarray, "*batch"]:
    """Over how many classes :func:`miou` is a mean."""
    return np.asarray((~np.isnan(iou(counts))).sum(-1), dtype=np.int64)


def _divide(numerator: npt.ArrayLike, denominator: npt.ArrayLike) -> Float64[np.ndarray, "*shape"]:
    """Numerator over denominator with 0/0 NaN."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.true_divide(numerator, denominator))


def _mean_of_defined(ratios: PerClass) -> Ratio:
    """Mean over the last axis without the NaN; NaN where all are."""
    defined = ~np.isnan(ratios)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(defined, ratios, 0).sum(-1) / defined.sum(-1))

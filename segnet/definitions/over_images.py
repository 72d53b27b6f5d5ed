"""Definitions that divide image by image, or batch by batch, and then take a mean."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from segnet.definitions.evidence import Evidence
from segnet.definitions.pair_counts import iou, mean_of_defined, miou, strict
from segnet.scoring.counts import metrics


def classes_of_either_map(evidence: Evidence) -> float:
    """Mean over images of the mean over the classes in truth or prediction."""
    return float(mean_of_defined(miou(evidence.pairs)))


def classes_of_the_truth(evidence: Evidence) -> float:
    """Mean over images of the mean over the classes in the truth."""
    is_true = evidence.pairs[:, :-1].sum(2) > 0
    each = np.where(is_true, iou(evidence.pairs), np.nan)
    return float(mean_of_defined(mean_of_defined(each)))


def absent_is_zero(evidence: Evidence) -> float:
    """Mean over images and all classes; a class that is not there has IoU 0."""
    return float(np.nan_to_num(iou(evidence.pairs), nan=0.0).mean())


def absent_is_one(evidence: Evidence) -> float:
    """Mean over images and all classes; a class that is not there has IoU 1."""
    return float(np.nan_to_num(iou(evidence.pairs), nan=1.0).mean())


def classes_first(evidence: Evidence) -> float:
    """For each class the mean over the images that have it, then the mean over classes."""
    return float(mean_of_defined(mean_of_defined(iou(evidence.pairs).T)))


def batches(size: int) -> Callable[[Evidence], float]:
    """Mean over batches of so many images, in the order of the split, of the mIoU of each."""

    def value(evidence: Evidence) -> float:
        starts = np.arange(0, len(evidence.pairs), size)
        return float(mean_of_defined(miou(np.add.reduceat(evidence.pairs, starts))))

    return value


def void_is_a_class(evidence: Evidence) -> float:
    """Mean over images of the mean over the classes in either map, void one of them."""
    if not evidence.knows_void:
        return float("nan")
    return float(mean_of_defined(metrics.miou(evidence.pairs)))


def pooled_with_void(evidence: Evidence) -> float:
    """Mean over all pairs of an image and a class in either map, void one of the classes."""
    if not evidence.knows_void:
        return float("nan")
    return float(mean_of_defined(metrics.iou(evidence.pairs).ravel()))


def dice_ratio_of_batches(evidence: Evidence, size: int = 8) -> float:
    """Mean over batches of 2 sum(p y) / sum(p + y), all classes in one sum, p of 0 or 1.

    Of probabilities it is the mean probability of the true class instead.
    """
    counts = strict(evidence.pairs)[:, :-1]
    summed = np.add.reduceat(counts, np.arange(0, len(counts), size))
    overlap = np.diagonal(summed, axis1=1, axis2=2).sum(1)
    total = summed.sum((1, 2)) + summed[..., :-1].sum((1, 2))
    with np.errstate(invalid="ignore"):
        return float(mean_of_defined(np.true_divide(2 * overlap, total)))

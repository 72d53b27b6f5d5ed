"""Definitions that add the counts of all images first, as the strict one does."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64

from segnet.definitions.evidence import Evidence
from segnet.definitions.pair_counts import iou, mean_of_defined, miou, strict
from segnet.scoring.counts import metrics

BACKGROUND = ("background", "null", "unlabelled")


def strict_miou(evidence: Evidence) -> float:
    """Mean over the classes in truth or prediction; the number of every table here."""
    return float(miou(evidence.pairs.sum(0)))


def true_classes_only(evidence: Evidence) -> float:
    """Mean over the classes that occur in the truth, predicted or not."""
    total = strict(evidence.pairs.sum(0))
    return float(mean_of_defined(iou(total)[total[:-1].sum(1) > 0]))


def absent_is_zero(evidence: Evidence) -> float:
    """Mean over all classes; one that is not there has IoU 0."""
    return float(np.nan_to_num(iou(evidence.pairs.sum(0)), nan=0.0).mean())


def absent_is_one(evidence: Evidence) -> float:
    """Mean over all classes; one that is not there has IoU 1."""
    return float(np.nan_to_num(iou(evidence.pairs.sum(0)), nan=1.0).mean())


def without_background(evidence: Evidence) -> float:
    """Mean over the classes but the background; NaN if there is no background."""
    names = [name.lower() for name in evidence.class_names]
    kept = np.array([name not in BACKGROUND for name in names])
    if kept.all():
        return float("nan")
    return float(mean_of_defined(iou(evidence.pairs.sum(0))[kept]))


def void_as_class(evidence: Evidence) -> float:
    """Mean over the classes and void, which is scored like one."""
    if not evidence.knows_void:
        return float("nan")
    return float(metrics.miou(evidence.pairs.sum(0)))


def where_void_is_not_predicted(evidence: Evidence) -> float:
    """Pixels that were predicted as void or as no class are left out."""
    total = evidence.pairs.sum(0)
    return float(metrics.miou(total[:-1, :-1]))


def micro(evidence: Evidence) -> float:
    """Correct pixels by pixels in the unions, classes added up before the division."""
    return float(_micro(evidence.pairs.sum(0)))


def micro_of_images(evidence: Evidence) -> float:
    """Mean over images of :func:`micro` of each."""
    return float(mean_of_defined(_micro(evidence.pairs)))


def mean_f1(evidence: Evidence) -> float:
    """Mean over classes of F1, also called Dice: always above the IoU."""
    each = iou(evidence.pairs.sum(0))
    return float(mean_of_defined(2 * each / (1 + each)))


def pixel_accuracy(evidence: Evidence) -> float:
    """G: the share of labelled pixels that are right."""
    return float(metrics.pixel_accuracy(strict(evidence.pairs.sum(0))))


def class_accuracy(evidence: Evidence) -> float:
    """C: mean recall over the classes in the truth."""
    return float(metrics.class_accuracy(strict(evidence.pairs.sum(0))))


def frequency_weighted(evidence: Evidence) -> float:
    """IoU weighted by the share of each class in the truth."""
    return float(metrics.fwiou(strict(evidence.pairs.sum(0))))


def _micro(pairs: np.ndarray) -> Float64[np.ndarray, "*batch"]:
    counts = strict(pairs)[..., :-1, :]
    correct = np.diagonal(counts, axis1=-2, axis2=-1).sum(-1)
    union = counts.sum((-2, -1)) + counts[..., :-1].sum((-2, -1)) - correct
    with np.errstate(invalid="ignore"):
        return np.asarray(np.true_divide(correct, union))

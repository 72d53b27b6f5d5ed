"""Counts of true and predicted class with void and no class beside them, and scores from them.

``pairs[i, t, p]`` is the number of pixels of image ``i`` of class ``t`` predicted as class ``p``.
The last row is void of the truth, the last column what was predicted as void or as no class of
ours. Strict scores leave the row out and keep the column: such a pixel is a miss of its class.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64, Int64, UInt8

from segnet.scoring.counts import metrics

PairCounts = Int64[np.ndarray, "*batch classes_and_void classes_and_void"]


def count_pairs(
    truth: UInt8[np.ndarray, "h w"], predicted: UInt8[np.ndarray, "h w"], num_classes: int
) -> Int64[np.ndarray, "classes_and_void classes_and_void"]:
    """Count the pixels of one image; in both maps every label from ``num_classes`` on is void."""
    size = num_classes + 1
    rows = np.minimum(truth, num_classes).astype(np.int64)
    cells = rows * size + np.minimum(predicted, num_classes)
    return np.bincount(cells.ravel(), minlength=size**2).reshape(size, size).astype(np.int64)


def strict(pairs: PairCounts) -> PairCounts:
    """The same counts without the void of the truth."""
    kept = pairs.copy()
    kept[..., -1, :] = 0
    return kept


def with_void(counts: Int64[np.ndarray, "*batch classes classes"]) -> PairCounts:
    """Counts of a bench, whose networks predict a class everywhere, in this form."""
    edges = [(0, 0)] * (counts.ndim - 2) + [(0, 1), (0, 1)]
    return np.pad(counts, edges)


def iou(pairs: PairCounts) -> Float64[np.ndarray, "*batch classes"]:
    """IoU of each class (:func:`segnet.scoring.counts.metrics.iou`), void left out."""
    return metrics.iou(strict(pairs))[..., :-1]


def miou(pairs: PairCounts) -> Float64[np.ndarray, "*batch"]:
    """Mean of :func:`iou` over the classes where it is defined; NaN if there is none."""
    return mean_of_defined(iou(pairs))


def mean_of_defined(
    values: Float64[np.ndarray, "*batch values"],
) -> Float64[np.ndarray, "*batch"]:
    """Mean over the last axis without the NaN; NaN where all are."""
    defined = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(defined, values, 0).sum(-1) / defined.sum(-1))

"""Predictors that never see an image. A network that does not beat them is broken. No torch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Int64, UInt8

from segnet.datasets.prepared.store import PreparedDataset, PreparedSplit
from segnet.errors import lookup
from segnet.taxonomy import IGNORE_INDEX

ClassMap = UInt8[np.ndarray, "h w"]


def majority(train: PreparedSplit) -> ClassMap:
    """The most frequent class of the train split, as a map of one pixel."""
    return np.array([[train.class_counts.sum(0).argmax()]], np.uint8)


def prior(train: PreparedSplit) -> ClassMap:
    """At each position the class that is there most often in the train split.

    The canvas is the largest mask; smaller masks are sampled on it at the nearest position. Ties go
    to the lower label, positions that are never labelled to the majority class.
    """
    height, width = train.mask_sizes.max(0).tolist()
    votes = np.zeros((train.class_counts.shape[1], height, width), np.int32)
    for index in range(len(train)):
        mask = sample_nearest(train.mask(index), height, width)
        for label, votes_of_class in enumerate(votes):
            votes_of_class += mask == label
    return np.where(votes.any(0), votes.argmax(0).astype(np.uint8), majority(train))


BLIND_MAPS: dict[str, Callable[[PreparedSplit], ClassMap]] = {
    "majority": majority,
    "prior": prior,
}
"""What each of ``BLIND_PREDICTORS`` predicts for any image, stretched to its size."""


def blind_counts(
    dataset: PreparedDataset, name: str, *, split: str = "test"
) -> Int64[np.ndarray, "n classes classes"]:
    """Per-image confusion counts ``[truth, predicted]`` of a predictor at native size, no void.

    Raises:
        UserError: for an unknown name.
    """
    class_map = lookup(BLIND_MAPS, name, what="blind predictor")(dataset.splits["train"])
    scored = dataset.splits[split]
    counts = [
        _confusion(scored.mask(index), class_map, num_classes=dataset.taxonomy.num_classes)
        for index in range(len(scored))
    ]
    return np.stack(counts)


def sample_nearest(
    class_map: ClassMap, height: int, width: int
) -> UInt8[np.ndarray, "new_h new_w"]:
    """A map stretched to another size; each new pixel takes the old one that its centre lies in."""
    rows = ((np.arange(height) + 0.5) * class_map.shape[0] / height).astype(np.int64)
    columns = ((np.arange(width) + 0.5) * class_map.shape[1] / width).astype(np.int64)
    return np.asarray(class_map[rows[:, None], columns])


def _confusion(
    truth: ClassMap, class_map: UInt8[np.ndarray, "map_h map_w"], *, num_classes: int
) -> Int64[np.ndarray, "classes classes"]:
    predicted = sample_nearest(class_map, *truth.shape)
    labelled = truth != IGNORE_INDEX
    pairs = truth[labelled].astype(np.int64) * num_classes + predicted[labelled]
    counts = np.bincount(pairs, minlength=num_classes**2).astype(np.int64)
    return counts.reshape(num_classes, num_classes)

"""Definitions that hold the predictions against other labels than those that were drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Int64, UInt8
from PIL import Image

from segnet.datasets.camvid32.classes import RAW_CLASSES
from segnet.definitions.evidence import Evidence, Resized
from segnet.definitions.pair_counts import PairCounts, count_pairs, miou
from segnet.taxonomy import CAMVID_11

NAMESAKES = {"Pole": "Column_Pole", "Pavement": "Sidewalk"}
"""CamVid's raw class that has given one of the 11 its colour, where the names differ."""


def labels_at(resized: Resized) -> Callable[[Evidence], float]:
    """Strict mIoU of maps that were made smaller before they were compared."""

    def value(evidence: Evidence) -> float:
        pairs = evidence.resized.get(resized)
        return float("nan") if pairs is None else float(miou(pairs.sum(0)))

    return value


def validation(evidence: Evidence) -> float:
    """The strict mIoU of the validation split."""
    return evidence.validation_miou


def merged_into_eleven(evidence: Evidence) -> float:
    """CamVid's 32 classes counted as the 11 that they are merged into; Void is void."""
    if not _is_camvid_32(evidence):
        return float("nan")
    groups = [one.group for one in RAW_CLASSES]
    return float(miou(_regroup(evidence.pairs, groups).sum(0)))


def eleven_of_the_32(evidence: Evidence) -> float:
    """The 11 of CamVid's 32 classes that gave the 11 their colours; the other 21 are void."""
    if not _is_camvid_32(evidence):
        return float("nan")
    kept = {NAMESAKES.get(name, name): name for name in CAMVID_11.names}
    return float(miou(_regroup(evidence.pairs, [kept.get(one.name) for one in RAW_CLASSES]).sum(0)))


def count_resized(
    truth: UInt8[np.ndarray, "h w"], predicted: UInt8[np.ndarray, "h w"], num_classes: int
) -> dict[Resized, np.ndarray]:
    """The counts of one image with both maps made smaller."""
    half, quarter = (
        tuple(max(1, round(side / divisor)) for side in reversed(truth.shape)) for divisor in (2, 4)
    )
    nearest, bilinear = Image.Resampling.NEAREST, Image.Resampling.BILINEAR
    true, found = (Image.fromarray(np.minimum(one, num_classes)) for one in (truth, predicted))

    def counted(size: tuple[int, ...], rule: Image.Resampling) -> np.ndarray:
        width, height = size
        small_true = np.asarray(true.resize((width, height), rule))
        small_found = np.asarray(found.resize((width, height), nearest))
        return count_pairs(small_true, small_found, num_classes)

    return {
        "half": counted(half, nearest),
        "quarter": counted(quarter, nearest),
        "bilinear": counted(half, bilinear),
    }


def _is_camvid_32(evidence: Evidence) -> bool:
    return evidence.class_names == tuple(one.name for one in RAW_CLASSES)


def _regroup(
    pairs: PairCounts, groups: Sequence[str | None]
) -> Int64[np.ndarray, "*batch groups_and_void groups_and_void"]:
    """Counts with classes added up by the name of their group; None is void."""
    names = list(dict.fromkeys(one for one in groups if one))
    places = [names.index(one) if one else len(names) for one in groups]
    summing = np.zeros((len(groups) + 1, len(names) + 1), np.int64)
    summing[np.arange(len(groups) + 1), [*places, len(names)]] = 1
    return np.asarray(summing.T @ pairs @ summing)

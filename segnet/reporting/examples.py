"""Which test images a report shows, and the pictures themselves. No torch, no matplotlib."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64, UInt8

from segnet.datasets.prepared.store import PreparedSplit
from segnet.errors import UserError
from segnet.results.array_files import PREDICTIONS_FILE, read_arrays


@dataclass(frozen=True)
class Example:
    """One test image with its truth and what each model predicted, at the labels' native size."""

    name: str
    kind: str
    """``best``, ``median`` or ``worst``."""
    miou: float
    """Of this image alone, averaged over the models; a fraction of one."""
    image: UInt8[np.ndarray, "h w 3"]
    """At working size."""
    truth: UInt8[np.ndarray, "mask_h mask_w"]
    predicted: Mapping[str, UInt8[np.ndarray, "mask_h mask_w"]]


def pick_examples(
    scores: Float64[np.ndarray, " n"], *, each: int = 2
) -> tuple[tuple[str, int], ...]:
    """The best, the median and the worst images: ``(kind, index)`` in falling order of score.

    Args:
        scores: one per image; images that are NaN are not picked.
        each: how many of each kind. Where there are fewer than three times as many images, the best
            come first, then the worst, and no image comes twice.
    """
    order = np.argsort(-scores, kind="stable")
    order = order[~np.isnan(scores[order])].tolist()
    best = order[:each]
    worst = order[each:][-each:]
    middle = order[each : len(order) - each]
    start = max(0, (len(middle) - each) // 2)
    median = middle[start : start + each]
    return tuple(
        (kind, index)
        for kind, indices in (("best", best), ("median", median), ("worst", worst))
        for index in indices
    )


def collect_examples(
    split: PreparedSplit,
    predicted: Mapping[str, UInt8[np.ndarray, "n mask_h mask_w"]],
    scores: Float64[np.ndarray, " n"],
    *,
    each: int = 2,
) -> tuple[Example, ...]:
    """Cut the picked images out of the canvas that they were stored on.

    Args:
        split: the test split.
        predicted: class maps of all images of the split, by the name of the model.
        scores: one per image of the split.
        each: how many of each kind.

    Raises:
        UserError: if the predictions are not of this split.
    """
    for name, maps in predicted.items():
        if maps.shape != split.masks.shape:
            raise UserError(
                f"the predictions of {name} have shape {maps.shape}, the test masks "
                f"{split.masks.shape}: they are of other data. Run `dvc repro`."
            )
    return tuple(
        _cut(split, predicted, index, kind=kind, miou=float(scores[index]))
        for kind, index in pick_examples(scores, each=each)
    )


def read_predictions(folder: Path) -> UInt8[np.ndarray, "n mask_h mask_w"] | None:
    """The class maps of the selected checkpoint; None if they are not on this machine."""
    path = folder / PREDICTIONS_FILE
    if not path.exists():
        return None
    (predicted,) = read_arrays(path, "selected", ["selected"])
    return np.asarray(predicted)


def _cut(
    split: PreparedSplit,
    predicted: Mapping[str, UInt8[np.ndarray, "n mask_h mask_w"]],
    index: int,
    *,
    kind: str,
    miou: float,
) -> Example:
    height, width = split.image_sizes[index]
    mask_height, mask_width = split.mask_sizes[index]
    return Example(
        name=split.names[index],
        kind=kind,
        miou=miou,
        image=np.array(split.images[index, :height, :width]),
        truth=np.array(split.masks[index, :mask_height, :mask_width]),
        predicted={
            name: maps[index, :mask_height, :mask_width] for name, maps in predicted.items()
        },
    )

"""Scores of models without each block of their test images in turn. No torch.

Counts of the images are added and then divided once. A mean of image scores is another quantity
and appears nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from segnet.errors import UserError, lookup
from segnet.statistics.blocks import Blocks

SCORES = ("miou", "pixel_accuracy", "class_accuracy", "fwiou")

SeedCounts = Int64[np.ndarray, "seeds n classes _"]
"""Confusion counts by seed and image, as in :mod:`segnet.scoring.counts.metrics`. Columns beyond
the classes are pixels that were predicted as none of them."""

PerClass = Float64[np.ndarray, "r seeds classes"]
Known = Float64[np.ndarray, "1 seeds classes"]
Sums = Float64[np.ndarray, "r columns classes"]
"""True pixels of each class, then of each seed those that are right, then those predicted."""


@dataclass(frozen=True)
class Changes:
    """How scores change when a part of the images is left out and the rest stands for it."""

    of_blocks: Float64[np.ndarray, blocks * scores]
    of_videos: tuple[Float64[np.ndarray, _ * scores], ...]
    """For each video that was cut, without each of its frames in turn, in their order."""

    def __sub__(self, other: Changes) -> Changes:
        """The changes of a difference of scores."""
        videos = zip(self.of_videos, other.of_videos, strict=True)
        return Changes(self.of_blocks - other.of_blocks, tuple(a - b for a, b in videos))

    def of_score(self, score: str) -> Changes:
        """The changes of one of :data:`SCORES`."""
        column = column_of(score)
        return Changes(self.of_blocks[:, column], tuple(one[:, column] for one in self.of_videos))


@dataclass(frozen=True)
class Jackknifed:
    """The scores of a model, and how they change without each block. Columns are :data:`SCORES`."""

    seed_scores: Float64[np.ndarray, "seeds scores"]
    """Of each seed on the test images themselves."""
    changes: Changes
    """Of the mean over seeds."""
    lone_classes: int
    """Classes that a single block shows: nothing says how they would score on other images."""

    def scores_of(self, score: str) -> Float64[np.ndarray, " seeds"]:
        """One score of each seed.

        Raises:
            UserError: for a score that is not there.
        """
        return self.seed_scores[:, column_of(score)]


def column_of(score: str) -> int:
    """Where a score stands in :data:`SCORES`.

    Raises:
        UserError: for a score that is not there.
    """
    return lookup({name: at for at, name in enumerate(SCORES)}, score, what="score")


def jackknife(counts: Mapping[str, SeedCounts], blocks: Blocks) -> dict[str, Jackknifed]:
    """Score models on their test images, and without each block of them.

    A class that only the missing block shows keeps its IoU: that the mean is over fewer classes
    says nothing of the model.

    Args:
        counts: for each model, the counts of its seeds; the same images in the same order.
        blocks: into which blocks the images fall.

    Raises:
        UserError: if there is no model, or models differ in their images or in the truth.
    """
    check_same_truth(counts, blocks.num_images)
    return {model: _jackknife(runs, blocks) for model, runs in counts.items()}


def _jackknife(runs: SeedCounts, blocks: Blocks) -> Jackknifed:
    columns = np.concatenate(
        [
            runs[0].sum(2)[:, None],
            np.diagonal(runs, axis1=2, axis2=3).swapaxes(0, 1),
            runs.sum(2)[:, :, : runs.shape[2]].swapaxes(0, 1),
        ],
        axis=1,
        dtype=np.float64,
    )
    total = columns.sum(0, keepdims=True)
    full = _ratios(total)
    scores = _scores(total, full, full)[0]

    def without(parts: Sequence[Sequence[int]]) -> tuple[Sums, Float64[np.ndarray, "r scores"]]:
        kept = total - np.stack([columns[list(part)].sum(0) for part in parts])
        return kept, _scores(kept, _ratios(kept), full).mean(1) - scores.mean(0)

    kept, of_blocks = without(blocks.blocks)
    frames = [[(frame,) for frame in video] for video in blocks.videos.values()]
    return Jackknifed(
        seed_scores=scores,
        changes=Changes(of_blocks, tuple(without(video)[1] for video in frames)),
        lone_classes=int(((kept[:, 0] == 0) & (total[:, 0] > 0)).any(0).sum()),
    )


def check_same_truth(counts: Mapping[str, SeedCounts], num_images: int) -> None:
    """Every run must agree on the pixels of each class in each image.

    Raises:
        UserError: if one does not, or if there is no model.
    """
    if not counts:
        raise UserError("no model to score: `counts` is empty. Give the counts of one or more.")
    first, *_ = counts
    truth = counts[first][0].sum(2)
    for model, runs in counts.items():
        for seed, run in enumerate(runs):
            if len(run) != num_images:
                raise UserError(
                    f"{model}: counts of {len(run)} images, but the split has {num_images}. "
                    "Evaluate the model on the same split: run `dvc repro`."
                )
            if not np.array_equal(run.sum(2), truth):
                raise UserError(
                    f"{model}: run {seed} was scored against other labels than {first}. "
                    "Only models with the same test images compare: run `dvc repro`."
                )


def _ratios(sums: Sums) -> tuple[PerClass, PerClass]:
    """IoU and recall of each class; NaN for 0/0."""
    seeds = sums.shape[1] // 2
    true, correct, predicted = sums[:, :1], sums[:, 1 : 1 + seeds], sums[:, 1 + seeds :]
    with np.errstate(invalid="ignore", divide="ignore"):
        return correct / (true + predicted - correct), correct / true


def _scores(
    sums: Sums, ratios: tuple[PerClass, PerClass], full: tuple[Known, Known]
) -> Float64[np.ndarray, "r seeds scores"]:
    """:data:`SCORES` (:mod:`segnet.scoring.counts.metrics`); ratios that are 0/0 are the full."""
    iou, recall = (
        np.where(np.isnan(one), known, one) for one, known in zip(ratios, full, strict=True)
    )
    true, correct = sums[:, :1], sums[:, 1 : 1 + sums.shape[1] // 2]
    with np.errstate(invalid="ignore"):
        pixels = true.sum(-1)
        weighted = np.where(true > 0, iou, 0) * true
        headline = (
            _mean_of_defined(iou),
            correct.sum(-1) / pixels,
            _mean_of_defined(recall),
            weighted.sum(-1) / pixels,
        )
    return np.stack(headline, -1)


def _mean_of_defined(ratios: PerClass) -> Float64[np.ndarray, "r seeds"]:
    """Mean over the last axis without the NaN; NaN where all are."""
    defined = ~np.isnan(ratios)
    return np.asarray(np.where(defined, ratios, 0).sum(-1) / defined.sum(-1))

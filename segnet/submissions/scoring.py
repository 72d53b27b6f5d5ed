"""Scores of submitted predictions by the protocol of the benches."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from segnet.definitions.pair_counts import PairCounts, count_pairs, iou, miou, strict
from segnet.results.records import Scores
from segnet.scoring.boundary.f1 import boundary_matches
from segnet.scoring.boundary.scores import BoundaryMatches, boundary_f1
from segnet.scoring.calibration.error import CalibrationSums, expected_calibration_error
from segnet.scoring.calibration.sums import calibration_sums
from segnet.scoring.counts import metrics
from segnet.submissions.alignment import Permutation, find_permutation
from segnet.submissions.decoding import Decoder
from segnet.submissions.label_code import LabelCode
from segnet.submissions.reading import ScoredImage, read_pairs
from segnet.submissions.sources import find_predictions
from segnet.submissions.truth import Truth
from segnet.taxonomy import Taxonomy


@dataclass(frozen=True)
class Submission:
    """Somebody's predictions for a split, counted."""

    truth: Truth
    pairs: PairCounts
    """Of every image, in the order of the names."""
    scores: Scores
    code: LabelCode
    resized: int
    """How many predictions had another size than the labels."""
    unassigned: float
    """Share of the labelled pixels that were predicted as void or as no class."""
    permutation: Permutation | None
    """Set if the labels look shifted or permuted."""
    notes: tuple[str, ...]
    """How the files were understood."""
    masks: tuple[np.ndarray, ...]
    """The predictions as they were understood, one an image."""


def score_predictions(
    path: Path,
    truth: Truth,
    code: LabelCode,
    *,
    resize: bool = False,
    pattern: str = "",
    numbered: bool = False,
) -> Submission:
    """Read and score predictions for every image of a split.

    Args:
        path: a folder or an archive (:func:`segnet.submissions.sources.find_predictions`).
        truth: the masks.
        code: what the stored values stand for.
        resize: make predictions of another size fit, by the nearest label.
        pattern: which files of the folder.
        numbered: the files are numbered instead of named.

    Raises:
        UserError: if predictions are missing or wrong; lists everything.
    """
    classes = truth.taxonomy.num_classes
    found = find_predictions(path, truth.names, pattern=pattern, numbered=numbered)
    pairs = np.zeros((len(truth), classes + 1, classes + 1), np.int64)
    masks: list[np.ndarray] = []
    boundaries: list[BoundaryMatches] = []
    calibration: list[CalibrationSums] = []
    resized = 0
    for one in read_pairs(truth, found, Decoder(code, classes), resize=resize):
        pairs[one.place] = count_pairs(one.truth, one.predicted.mask, classes)
        masks.append(one.predicted.mask)
        boundaries.append(_boundaries(one, classes))
        resized += one.resized
        if one.predicted.probabilities is not None:
            calibration.append(_calibration(one))
    matches = BoundaryMatches(*map(np.concatenate, zip(*boundaries, strict=True)))
    ece = math.nan
    if len(calibration) == len(truth):
        parts = map(np.concatenate, zip(*calibration, strict=True))
        sums = CalibrationSums(*(part.sum(0) for part in parts))
        ece = float(expected_calibration_error(sums))
    labelled = strict(pairs).sum(0)
    return Submission(
        truth,
        pairs,
        scores_of_pairs(pairs, truth.taxonomy, boundary_f1=boundary_f1(matches), ece=ece),
        code,
        resized,
        float(labelled[:, -1].sum() / labelled.sum()),
        find_permutation(labelled[:-1, :-1], truth.taxonomy.names),
        found.notes,
        tuple(masks),
    )


def scores_of_pairs(pairs: PairCounts, taxonomy: Taxonomy, **others: float) -> Scores:
    """All scores of a split that follow from its counts, and ``others`` beside them.

    Masks have no cross-entropy and no soft Dice: both are NaN.
    """
    total = pairs.sum(0)
    labelled = strict(total)
    accuracy = metrics.class_accuracy_each(labelled)[:-1]
    return Scores(
        miou=float(miou(total)),
        pixel_accuracy=float(metrics.pixel_accuracy(labelled)),
        class_accuracy=float(metrics.class_accuracy(labelled)),
        fwiou=float(metrics.fwiou(labelled)),
        classes_scored=int((~np.isnan(iou(total))).sum()),
        iou=dict(zip(taxonomy.names, iou(total).tolist(), strict=True)),
        accuracy=dict(zip(taxonomy.names, accuracy.tolist(), strict=True)),
        cross_entropy=math.nan,
        dice=math.nan,
        **others,
    )


def _boundaries(one: ScoredImage, num_classes: int) -> BoundaryMatches:
    maps = (np.array(mask)[None] for mask in (one.predicted.mask, one.truth))
    predicted, truth = map(torch.from_numpy, maps)
    return boundary_matches(predicted, truth, num_classes)


def _calibration(one: ScoredImage) -> CalibrationSums:
    probabilities = torch.from_numpy(one.predicted.probabilities)[None]
    return calibration_sums(probabilities, torch.from_numpy(np.array(one.truth))[None])

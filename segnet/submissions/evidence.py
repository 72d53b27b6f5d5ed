"""What definitions of mIoU are computed from: foreign predictions, or rows of a bench. No torch."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np

from segnet.definitions.evidence import Evidence, Resized
from segnet.definitions.other_labels import count_resized
from segnet.definitions.pair_counts import PairCounts, count_pairs, miou, with_void
from segnet.paths import cell_report_folder
from segnet.scoring.scores import read_counts
from segnet.submissions.decoding import Decoder
from segnet.submissions.label_code import LabelCode
from segnet.submissions.reading import read_pairs
from segnet.submissions.sources import find_predictions
from segnet.submissions.table import Rival
from segnet.submissions.truth import Truth


def evidence_of_predictions(
    path: Path,
    truth: Truth,
    code: LabelCode,
    *,
    resize: bool = False,
    pattern: str = "",
    numbered: bool = False,
) -> Evidence:
    """Count predictions at the size of the labels and at those that others score at.

    Args:
        path: a folder or an archive.
        truth: the masks.
        code: what the stored values stand for.
        resize: make predictions of another size fit.
        pattern: which files of the folder.
        numbered: the files are numbered instead of named.

    Raises:
        UserError: if predictions are missing or wrong; lists everything.
    """
    classes = truth.taxonomy.num_classes
    found = find_predictions(path, truth.names, pattern=pattern, numbered=numbered)
    pairs = np.zeros((len(truth), classes + 1, classes + 1), np.int64)
    resized: dict[Resized, PairCounts] = {
        name: np.zeros_like(pairs) for name in ("half", "quarter", "bilinear")
    }
    for one in read_pairs(truth, found, Decoder(code, classes), resize=resize):
        pairs[one.place] = count_pairs(one.truth, one.predicted.mask, classes)
        for name, counts in count_resized(one.truth, one.predicted.mask, classes).items():
            resized[name][one.place] = counts
    return Evidence(pairs, truth.taxonomy.names, knows_void=True, resized=resized)


def with_validation(evidence: Evidence, validation: Evidence) -> Evidence:
    """The same evidence, with the score of other predictions for the validation split."""
    return dataclasses.replace(evidence, validation_miou=float(miou(validation.pairs.sum(0))))


def evidence_of_row(row: Rival) -> list[Evidence]:
    """The committed counts of every training of a row; they say nothing of void.

    Raises:
        UserError: if counts are not there.
    """
    found = []
    for one in row.cells:
        folder = cell_report_folder(one.cell.bench, one.cell.slug)
        scores = one.score_of("selected")
        found.append(
            Evidence(
                with_void(read_counts(folder, "selected")),
                tuple(scores.scores.iou) if scores else (),
                knows_void=False,
                validation_miou=one.train.selected_val_miou if one.train else math.nan,
            )
        )
    return found

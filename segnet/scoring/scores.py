"""From confusion counts to the files of an evaluation, and back. No torch."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from segnet.atomic import write_atomically
from segnet.errors import UserError
from segnet.results.array_files import COUNTS_FILE, read_arrays, write_small
from segnet.results.records import Checkpoint, EvaluationRecord, Scores
from segnet.scoring.counts import metrics
from segnet.taxonomy import Taxonomy

METRICS_FILE = "metrics.json"
HEADLINE = ("miou", "pixel_accuracy", "class_accuracy", "fwiou")

Counts = Int64[np.ndarray, "n classes classes"]
"""``counts[i, t, p]``: pixels of image ``i`` of class ``t`` predicted as ``p``; void left out."""


def scores_from_counts(counts: Counts, taxonomy: Taxonomy, **others: float) -> Scores:
    """All scores of a split from its per-image counts, which are added up before any division.

    Args:
        counts: of every image of the split.
        taxonomy: names of the classes.
        others: the scores that do not follow from ``counts``: ``cross_entropy``, ``dice`` and,
            where they were measured, those of boundaries and calibration.
    """
    total = counts.sum(0)
    return Scores(
        miou=float(metrics.miou(total)),
        pixel_accuracy=float(metrics.pixel_accuracy(total)),
        class_accuracy=float(metrics.class_accuracy(total)),
        fwiou=float(metrics.fwiou(total)),
        classes_scored=int(metrics.classes_scored(total)),
        iou=dict(zip(taxonomy.names, metrics.iou(total).tolist(), strict=True)),
        accuracy=dict(
            zip(taxonomy.names, metrics.class_accuracy_each(total).tolist(), strict=True)
        ),
        **others,
    )


def write_evaluation(
    folder: Path, record: EvaluationRecord, counts: Mapping[Checkpoint, Counts]
) -> None:
    """Write ``counts.npz``, ``metrics.json`` and, last, ``evaluation.json``; each whole or not.

    ``metrics.json`` has the headline of the selected checkpoint and, under ``last``, of the last.
    """
    write_small(folder / COUNTS_FILE, counts.items())
    headline: dict[str, object] = {}
    for evaluation in record.evaluations:
        scores = {name: _finite(getattr(evaluation.scores, name)) for name in HEADLINE}
        headline |= scores if evaluation.checkpoint == "selected" else {"last": scores}
    write_atomically(folder / METRICS_FILE, json.dumps(headline, indent=1) + "\n")
    record.write(folder)


def read_counts(folder: Path, checkpoint: Checkpoint) -> Counts:
    """The per-image confusion counts of one checkpoint of a cell.

    Raises:
        UserError: if the file is missing, damaged, or has no such checkpoint.
    """
    file = folder / COUNTS_FILE
    (counts,) = read_arrays(file, checkpoint, [checkpoint])
    if counts.ndim != 3 or counts.shape[1] != counts.shape[2] or counts.dtype.kind not in "ui":
        raise UserError(
            f"{file} is damaged ({counts.dtype} {counts.shape} are no counts). Delete it and run "
            "`dvc repro`."
        )
    return np.asarray(counts, np.int64)


def _finite(score: float) -> float | None:
    """The score, or null for NaN, which JSON has not."""
    return None if math.isnan(score) else score

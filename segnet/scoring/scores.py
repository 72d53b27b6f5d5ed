"""From confusion counts to the files of an evaluation, and back. No torch."""

from __future__ import annotations

import json
import math
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int64

from segnet.atomic import write_atomically
from segnet.errors import UserError
from segnet.results.records import Checkpoint, EvaluationRecord, Scores
from segnet.scoring.counts import metrics
from segnet.taxonomy import Taxonomy

COUNTS_FILE = "counts.npz"
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
    folder.mkdir(parents=True, exist_ok=True)
    _write_counts(folder / COUNTS_FILE, counts)
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
    path = folder / COUNTS_FILE
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return np.asarray(stored[checkpoint], np.int64)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist: this cell has not run. Run `dvc repro`.") from None
    except KeyError:
        raise UserError(
            f"{path} has no counts of checkpoint '{checkpoint}'. Delete it and run `dvc repro`."
        ) from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"{path} is damaged ({error}). Delete it and run `dvc repro`.") from None


def _write_counts(path: Path, counts: Mapping[Checkpoint, Counts]) -> None:
    """Store counts in the smallest unsigned integers that hold them."""
    small: dict[str, Any] = {
        name: one.astype(np.min_scalar_type(one.max(initial=0))) for name, one in counts.items()
    }
    scratch = path.with_name(f".{os.getpid()}.{path.name}")  # numpy wants the suffix .npz
    try:
        np.savez_compressed(scratch, allow_pickle=False, **small)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def _finite(score: float) -> float | None:
    """The score, or null for NaN, which JSON has not."""
    return None if math.isnan(score) else score

"""Submissions that are kept in ``reports/submitted/``, and the rows that they become. No torch."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8

from segnet.atomic import write_arrays
from segnet.definitions.pair_counts import PairCounts
from segnet.errors import UserError, unknown
from segnet.paths import REPORTS
from segnet.reporting.comparison import Comparison
from segnet.reporting.significance import number_rows
from segnet.reporting.table import Note
from segnet.results.array_files import COUNTS_FILE, read_arrays, write_small
from segnet.results.provenance import git_commit
from segnet.results.records import Record, Scores
from segnet.statistics.blocks import plan_blocks
from segnet.statistics.jackknife import SCORES, jackknife
from segnet.statistics.margins import interval
from segnet.submissions.card import Card, read_card
from segnet.submissions.table import SUBMITTED, submitted_row

FOLDER = REPORTS / "submitted"
RECORD_FILE = "submission.json"
MASKS_FILE = "masks.npz"
PAIRS = "pairs"


class SubmissionRecord(Record):
    """``reports/submitted/NAME/submission.json``."""

    name: str
    """As rows show it, with its brands."""
    dataset: str
    split: str
    images: tuple[str, ...]
    """In the order of ``counts.npz``."""
    sequences: tuple[str, ...]
    labels: str
    """How the stored values were read; empty for the data set's own."""
    notes: tuple[str, ...]
    scores: Scores
    commit: str
    """Of the code that scored."""
    date: str


class Saved(NamedTuple):
    """A submission as its folder holds it."""

    folder: Path
    record: SubmissionRecord
    pairs: PairCounts
    card: Card


def submission_folder(name: str) -> Path:
    """Where a submission of this name lies.

    Raises:
        UserError: if the name is none for a folder.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", name):
        raise UserError(f"--save {name}: a name has small letters, digits, '.', '_' and '-'.")
    return FOLDER / name


def save(
    folder: Path,
    record: SubmissionRecord,
    pairs: PairCounts,
    masks: Sequence[UInt8[np.ndarray, "h w"]],
) -> None:
    """Write a submission: its masks, its counts and, last, its record; the card is there already.

    Args:
        folder: of the submission.
        record: what was scored, and how.
        pairs: of every image.
        masks: as they were understood, so that anybody can score them again.
    """
    write_arrays(folder / MASKS_FILE, dict(zip(record.images, masks, strict=True)))
    write_small(folder / COUNTS_FILE, [(PAIRS, pairs)])
    record.write_file(folder / RECORD_FILE)


def new_record(**fields: object) -> SubmissionRecord:
    """A record of now, by this code."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return SubmissionRecord.model_validate({**fields, "commit": git_commit(), "date": now})


def read_submission(name: str) -> Saved:
    """One submission.

    Raises:
        UserError: if there is none of the name, or a file of it is missing or damaged.
    """
    folder = FOLDER / name
    known = [path.parent.name for path in FOLDER.glob(f"*/{RECORD_FILE}")]
    if name not in known:
        raise unknown("submission", name, known)
    (pairs,) = read_arrays(folder / COUNTS_FILE, PAIRS, [PAIRS])
    record = SubmissionRecord.read_file(folder / RECORD_FILE)
    return Saved(folder, record, np.asarray(pairs, np.int64), read_card(folder))


def add_submitted(comparison: Comparison, images: tuple[str, ...]) -> Comparison:
    """The comparison with a row for each submission for these very images, best first.

    Differences between submissions and rows of the bench are not tested here: ``segbench score
    --against`` does.

    Raises:
        UserError: if a submission is damaged.
    """
    names = sorted(path.parent.name for path in FOLDER.glob(f"*/{RECORD_FILE}"))
    saved = [
        one
        for one in map(read_submission, names)
        if (one.record.dataset, one.record.images) == (comparison.dataset, images)
    ]
    rows = [*comparison.rows]
    for one in saved:
        key = f"{one.record.name}/{SUBMITTED}"
        blocks = plan_blocks(one.record.sequences)
        found = jackknife({key: one.pairs[None, :, :-1]}, blocks)[key]
        intervals = {score: interval(found, score) for score in SCORES}
        rows.append(
            submitted_row(one.record.name, one.record.dataset, one.record.scores, intervals)
        )
    rows.sort(key=lambda row: -np.inf if np.isnan(row.miou.mean) else row.miou.mean, reverse=True)
    told = [
        Note(
            f"{one.record.name} was made elsewhere; "
            f"{'; '.join([one.card.line(), *one.record.notes])}"
        )
        for one in saved
    ]
    return dataclasses.replace(
        comparison,
        rows=number_rows(rows, comparison.gaps),
        notes=(*comparison.notes, *told),
    )

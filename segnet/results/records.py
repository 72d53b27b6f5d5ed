"""What a run leaves behind: typed records and their JSON files. No torch.

A cell's folder ``reports/<bench>/runs/<slug>/`` holds ``train.json`` (:class:`TrainRecord`),
``history.csv`` (one row an epoch), ``evaluation.json`` (:class:`EvaluationRecord`),
``metrics.json`` (its headline, for ``dvc metrics``) ``counts.npz`` (per-image confusion
counts) and ``boundary.npz`` (per-image boundary counts). What a network
costs is in ``reports/<bench>/measure/<dataset>-<model>.json`` (:class:`MeasureRecord`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import ValidationError

from segnet.atomic import write_atomically
from segnet.errors import UserError
from segnet.grid import Cell
from segnet.paths import report_folder
from segnet.schema import Name, Score, Section

Checkpoint = Literal["selected", "last"]
CHECKPOINTS: tuple[Checkpoint, ...] = ("selected", "last")


class Provenance(Section):
    """Where a number comes from."""

    commit: str
    """Git commit, with ``+dirty`` when tracked code differs from it; ``unknown`` outside git."""
    date: str
    """UTC, ISO 8601."""
    device: str
    precision: str
    threads: int
    platform: str
    python: str
    versions: dict[str, str]
    data_fingerprint: str
    """SHA-256 of the decoded pixels of every image and mask of the data set."""


R = TypeVar("R", bound="Record")
C = TypeVar("C", bound="CellRecord")


class Record(Section):
    """A JSON file with a schema number."""

    SCHEMA: ClassVar[int] = 1

    schema_version: int = SCHEMA

    def write_file(self, path: Path) -> Path:
        """Write the record, whole or not at all; NaN is stored as null."""
        write_atomically(path, json.dumps(_without_nan(self.model_dump()), indent=1) + "\n")
        return path

    @classmethod
    def read_file(cls: type[R], path: Path) -> R:
        """Read a record; null in a score is NaN again.

        Raises:
            UserError: if the file is missing, is no JSON or has another schema.
        """
        try:
            data = json.loads(path.read_text())
        except FileNotFoundError:
            raise UserError(
                f"{path} does not exist: the cell has not run. Run `dvc repro`."
            ) from None
        except json.JSONDecodeError as error:
            raise UserError(f"{path} is not JSON ({error}). Delete it, run `dvc repro`.") from None
        found = data.get("schema_version")
        if found != cls.SCHEMA:
            raise UserError(
                f"{path} has schema {found}, this code reads {cls.SCHEMA}. Run `dvc repro`."
            )
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise UserError(f"{path} is not a {cls.__name__}: {error}. Run `dvc repro`.") from None


class CellRecord(Record):
    """The record of a cell, under its name in the cell's folder."""

    FILE_NAME: ClassVar[str]

    cell: Cell

    def write(self, folder: Path) -> Path:
        """:meth:`write_file` into the cell's folder."""
        return self.write_file(folder / self.FILE_NAME)

    @classmethod
    def read(cls: type[C], folder: Path) -> C:
        """:meth:`read_file` of the cell's folder."""
        return cls.read_file(folder / cls.FILE_NAME)


class TrainRecord(CellRecord):
    """How a cell was trained."""

    FILE_NAME: ClassVar[str] = "train.json"

    config: dict[str, Any]
    """The resolved configuration (``Config.resolved``)."""
    config_digest: str
    parameters: int
    steps: int
    total_epochs: int
    selected_epoch: int
    """1-based epoch of the best validation mIoU; its weights are ``selected``."""
    selected_val_miou: float
    last_val_miou: float
    train_seconds: float
    images_per_second: float
    """Training images per second over the whole run, validation left out."""
    provenance: Provenance


class Scores(Section):
    """Scores of one set of weights on one split, from one confusion matrix over the split.

    Fractions of one. A class that occurs neither in the truth nor in the prediction has IoU NaN and
    is left out of ``miou``, which therefore is a mean over ``classes_scored`` classes.
    """

    miou: Score
    pixel_accuracy: Score
    class_accuracy: Score
    fwiou: Score
    classes_scored: int
    iou: dict[str, Score]
    accuracy: dict[str, Score]
    cross_entropy: Score
    """Mean over the labelled pixels of the split, in nats."""
    dice: Score
    """Soft Dice: mean over the classes in the truth of 2 sum(p y) / sum(p + y), each sum taken once
    over the labelled pixels of the whole split."""
    boundary_f1: Score = math.nan
    """Boundary F1 by the paper's rule, void left out (:mod:`segnet.scoring.boundary.scores`)."""
    boundary_f1_script: Score = math.nan
    """Boundary F1 by the released script's rule: void boundaries kept, classes of either map."""
    boundary_iou: Score = math.nan
    ece: Score = math.nan
    """Expected calibration error over the labelled pixels of the split."""


class Evaluation(Section):
    """Test scores of one checkpoint."""

    checkpoint: Checkpoint
    epoch: int
    split: str
    num_images: int
    scores: Scores


class EvaluationRecord(CellRecord):
    """What a trained cell scored on the test split, once per checkpoint."""

    FILE_NAME: ClassVar[str] = "evaluation.json"

    evaluations: tuple[Evaluation, ...]
    image_names: tuple[str, ...]
    """The test images, in the order of ``counts.npz``."""
    sequences: tuple[str, ...] = ()
    """The video of each test image; a still has its own name. Empty in older records."""
    provenance: Provenance

    def of(self, checkpoint: Checkpoint) -> Evaluation:
        """The evaluation of one checkpoint."""
        return next(one for one in self.evaluations if one.checkpoint == checkpoint)


class MeasureRecord(Record):
    """What a network of a bench costs, on the machine that it was measured on.

    Times and memory compare only where device, precision and threads are the same.
    """

    bench: str
    dataset: Name
    model: Name
    num_classes: int
    height: int
    """Of the images, the bench's working size."""
    width: int
    parameters: int
    multiply_adds: int
    """For one image (:mod:`segnet.measuring.cost.multiply_adds`)."""
    latency_ms: float
    """Of one image, the fastest of many forward passes."""
    images_per_second: float
    """In batches of ``batch_images``, forward passes only."""
    batch_images: int
    peak_memory_mib: float | None
    """Of the network and one image; None on a CPU."""
    device: str
    precision: str
    threads: int
    date: str
    commit: str
    platform: str
    versions: dict[str, str]

    @staticmethod
    def path(bench: str, dataset: str, model: str) -> Path:
        """Where the record of a network lies."""
        return report_folder(bench) / "measure" / f"{dataset}-{model}.json"


def write_history(folder: Path, rows: Sequence[Mapping[str, int | float]]) -> None:
    """Write ``history.csv``, one row an epoch; NaN (not validated) is an empty field."""
    lines = [",".join(rows[0])]
    for row in rows:
        lines.append(
            ",".join("" if math.isnan(value) else f"{value:.8g}" for value in row.values())
        )
    write_atomically(folder / "history.csv", "\n".join(lines) + "\n")


def _without_nan(value: Any) -> Any:
    """The same data with null for NaN, which JSON has not."""
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, dict):
        return {key: _without_nan(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(one) for one in value]
    return value

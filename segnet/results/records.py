"""What a run leaves behind: typed records and their JSON files. No torch.

A cell's folder ``reports/<bench>/runs/<slug>/`` holds ``train.json`` (:class:`TrainRecord`),
``history.csv`` (one row an epoch), ``evaluation.json`` (:class:`EvaluationRecord`),
``metrics.json`` (its headline, for ``dvc metrics``), ``counts.npz`` (per-image confusion counts)
and ``boundary.npz`` (per-image boundary counts). ``reports/<bench>/`` holds ``bench.json``
(:class:`BenchRecord`) and, in ``measure/``, what each network costs (:class:`MeasureRecord`).
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import Field, ValidationError, field_validator

from segnet.atomic import write_atomically
from segnet.errors import UserError
from segnet.grid import Bench, Cell
from segnet.paths import report_folder
from segnet.schema import Fraction, Name, Score, Section

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
N = TypeVar("N", bound="NamedRecord")


class Record(Section):
    """A JSON file with a schema number."""

    SCHEMA: ClassVar[int] = 1
    REMEDY: ClassVar[str] = "Run `dvc repro`."
    """What mends a file that cannot be read."""

    schema_version: int = SCHEMA

    def text(self) -> str:
        """The content of the file; NaN is null."""
        return json.dumps(json.loads(self.model_dump_json()), indent=1) + "\n"

    def write_file(self, path: Path) -> Path:
        """Write the record, whole or not at all."""
        write_atomically(path, self.text())
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
        except ValueError as error:
            raise UserError(f"{path} is not JSON ({error}). Delete it. {cls.REMEDY}") from None
        found = data.get("schema_version") if isinstance(data, dict) else None
        if found != cls.SCHEMA:
            raise UserError(
                f"{path} has schema {found}, this code reads {cls.SCHEMA}. {cls.REMEDY}"
            )
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise UserError(f"{path} is not a {cls.__name__}: {error}. {cls.REMEDY}") from None


class NamedRecord(Record):
    """A record that has the same file name in every folder."""

    FILE_NAME: ClassVar[str]

    def write(self, folder: Path) -> Path:
        """:meth:`write_file` into a folder."""
        return self.write_file(folder / self.FILE_NAME)

    @classmethod
    def read(cls: type[N], folder: Path) -> N:
        """:meth:`read_file` of a folder."""
        return cls.read_file(folder / cls.FILE_NAME)

    @classmethod
    def find(cls: type[N], folder: Path) -> N | None:
        """The record of a folder, or None if its file does not exist."""
        return cls.read(folder) if (folder / cls.FILE_NAME).exists() else None


class CellRecord(NamedRecord):
    """The record of a cell, in the cell's folder."""

    cell: Cell


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
    selected_val_miou: Fraction
    last_val_miou: Fraction
    train_seconds: float
    images_per_second: float
    """Training images per second over the whole run, validation left out."""
    weights_sha256: dict[Checkpoint, str] = Field(default={})
    """Of the weights of each checkpoint; empty in older records."""
    provenance: Provenance


class Scores(Section):
    """Scores of one set of weights on one split, from one confusion matrix over the split.

    Fractions of one. A class that occurs neither in the truth nor in the prediction has IoU NaN and
    is left out of ``miou``, which therefore is a mean over ``classes_scored`` classes.
    """

    miou: Fraction
    pixel_accuracy: Fraction
    class_accuracy: Fraction
    fwiou: Fraction
    classes_scored: int
    iou: dict[str, Fraction]
    accuracy: dict[str, Fraction]
    cross_entropy: Score
    """Mean over the labelled pixels of the split, in nats."""
    dice: Fraction
    """Soft Dice: mean over the classes in the truth of 2 sum(p y) / sum(p + y), each sum taken once
    over the labelled pixels of the whole split."""
    boundary_f1: Fraction = math.nan
    """Boundary F1 by the paper's rule, void left out (:mod:`segnet.scoring.boundary.scores`)."""
    boundary_f1_script: Fraction = math.nan
    """Boundary F1 by the released script's rule: void boundaries kept, classes of either map."""
    boundary_iou: Fraction = math.nan
    ece: Fraction = math.nan
    """Expected calibration error over the labelled pixels of the split."""


class Evaluation(Section):
    """Test scores of one checkpoint."""

    checkpoint: Checkpoint
    epoch: int
    split: str
    num_images: int
    scores: Scores
    weights_sha256: str = ""
    """Of the weights that were scored; empty in older records and for a blind predictor."""


class EvaluationRecord(CellRecord):
    """What a trained cell scored on the test split, once per checkpoint."""

    FILE_NAME: ClassVar[str] = "evaluation.json"

    evaluations: tuple[Evaluation, ...]
    image_names: tuple[str, ...]
    """The test images, in the order of ``counts.npz``."""
    sequences: tuple[str, ...] = ()
    """The video of each test image; a still has its own name. Empty in older records."""
    provenance: Provenance

    @field_validator("evaluations")
    @classmethod
    def _each_checkpoint_once(cls, evaluations: tuple[Evaluation, ...]) -> tuple[Evaluation, ...]:
        names = [one.checkpoint for one in evaluations]
        if "selected" not in names or len(set(names)) < len(names):
            raise ValueError(f"holds {names or 'nothing'}, not 'selected' and each once")
        return evaluations

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

    @property
    def place(self) -> str:
        """``360x480 on NVIDIA H100``: what times and memory depend on."""
        return f"{self.height}x{self.width} on {self.device}"

    @staticmethod
    def path(bench: str, dataset: str, model: str) -> Path:
        """Where the record of a network lies."""
        return report_folder(bench) / "measure" / f"{dataset}-{model}.json"

    @classmethod
    def find(cls, bench: str, dataset: str, model: str) -> MeasureRecord | None:
        """The record of a network, or None if it was not measured."""
        path = cls.path(bench, dataset, model)
        return cls.read_file(path) if path.exists() else None


class DataFacts(Section):
    """What a report says of a data set, kept so that a fresh clone can say it without the data."""

    title: str
    synthetic: bool
    """Drawn by a program. Every table says so."""
    source: str
    licence: str
    citation: str
    note: str = ""
    """What every table of this data set must say."""
    mask_sizes: tuple[tuple[int, int], ...] = ()
    """Smallest and largest height, width of the test labels, at which scores are taken; empty if
    the prepared data were not at hand."""


class BenchRecord(NamedRecord):
    """What the bench is, whatever ``params.yaml`` says now."""

    FILE_NAME: ClassVar[str] = "bench.json"

    bench: Bench
    data: dict[str, DataFacts]

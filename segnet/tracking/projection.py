"""What MLflow shows of a cell, made from its records alone. No mlflow, no torch."""

from __future__ import annotations

import hashlib
import math
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from segnet.grid import Cell
from segnet.results.cells import CellResult
from segnet.results.history import read_history
from segnet.results.records import Evaluation, EvaluationRecord, TrainRecord
from segnet.tracking.notes import cell_note
from segnet.tracking.store import Point

PROJECTION = 3
"""Raised when this module changes what a run shows, so that the next sync rewrites every run."""

KEY_TAG = "segbench.key"
DIGEST_TAG = "segbench.digest"
STATUS_TAG = "status"
Progress = Literal["training", "trained", "evaluated", "blind", "failed", "killed", "superseded"]

HISTORY_METRICS = {
    "train_loss": "train/loss",
    "val_miou": "val/miou",
    "val_pixel_accuracy": "val/pixel_accuracy",
    "val_loss": "val/loss",
    "learning_rate": "lr",
    "images_per_second": "images_per_second",
}
"""Column of ``history.csv`` -> metric in MLflow."""

LONGEST_NAME = 200
"""MLflow takes 250 characters, with ``test/iou/`` before them."""

HEADLINE = ("miou", "pixel_accuracy", "class_accuracy", "fwiou", "cross_entropy", "dice")
RECORD_FILES = ("train.json", "history.csv", "evaluation.json", "counts.npz")


@dataclass(frozen=True)
class RunView:
    """Everything that MLflow shows of one run."""

    key: str
    name: str
    tags: Mapping[str, str]
    params: Mapping[str, str]
    history: tuple[Point, ...]
    finals: Mapping[str, float]
    note: str
    folder: Path
    files: tuple[Path, ...]
    """The records, in ``folder``."""
    digest: str
    """Changes with any of the files."""
    start_ms: int
    end_ms: int
    data_fingerprint: str


def run_name(cell: Cell) -> str:
    """The short name, ``v1-ce-s0`` for ``segnet_v1``."""
    return f"{cell.model.removeprefix('segnet_')}-{cell.loss}-s{cell.seed}"


def run_key(cell: Cell, digest: str | None) -> str:
    """What a run is found by. A blind predictor has no configuration, so its key has no digest."""
    return f"{cell.bench}/{cell.slug}" + (f"@{digest}" if digest else "")


def run_tags(cell: Cell, digest: str | None, *, commit: str, status: Progress) -> dict[str, str]:
    """The tags that runs are searched, grouped and coloured by."""
    return {
        KEY_TAG: run_key(cell, digest),
        "bench": cell.bench,
        "dataset": cell.dataset,
        "model": cell.model,
        "loss": cell.loss,
        "seed": str(cell.seed),
        STATUS_TAG: status,
        "mlflow.source.name": f"pipelines/{'blind_predictors' if digest is None else 'train'}.py",
        "mlflow.source.type": "LOCAL",
        "mlflow.source.git.commit": commit,
    }


def run_params(
    cell: Cell, resolved: Mapping[str, Any] | None, *, total_epochs: int | None
) -> dict[str, str]:
    """The few parameters that differ between runs; of a blind predictor its place in the grid."""
    params: dict[str, Any] = {"model": cell.model, "loss": cell.loss, "seed": cell.seed}
    if resolved is not None:
        bench, recipe = resolved["bench"], resolved["recipe"]
        params |= {
            "recipe": bench["recipe"],
            "learning_rate": recipe["optimizer"]["learning_rate"],
            "batch_size": recipe["batch_size"],
            "total_epochs": total_epochs,
            "width": bench["width"],
            "working_size": "x".join(str(side) for side in bench["working_size"]),
            "encoder_weights": bench["encoder_weights"],
            "optimizer": recipe["optimizer"]["kind"],
            "schedule": recipe["schedule"]["kind"],
        }
    return {name: str(value) for name, value in params.items()}


def epoch_points(row: Mapping[str, int | float | None], *, time_ms: int) -> tuple[Point, ...]:
    """The metrics of one line of ``history.csv``, without those that are NaN or None."""
    step = row["epoch"]
    if step is None:
        raise ValueError(f"a row of the history has no epoch: {dict(row)}")
    values = ((metric, row.get(column)) for column, metric in HISTORY_METRICS.items())
    return tuple(
        Point(metric, float(value), int(step), time_ms)
        for metric, value in values
        if value is not None and not math.isnan(value)
    )


def is_recorded(result: CellResult) -> bool:
    """Whether the cell has left enough to be a run."""
    return result.train is not None or (result.is_blind and result.evaluation is not None)


def view_of(result: CellResult) -> RunView:
    """What MLflow shall show of a recorded cell."""
    cell, train, evaluation = result.cell, result.train, result.evaluation
    record = train or evaluation
    if record is None:
        raise ValueError(f"{cell.slug} has left no record")
    folder = result.folder
    files = tuple(path for name in RECORD_FILES if (path := folder / name).exists())
    end_ms = int(datetime.fromisoformat(record.provenance.date).timestamp() * 1000)
    start_ms = end_ms - int(1000 * train.train_seconds) if train else end_ms
    config_digest = train.config_digest if train else None
    status: Progress = "blind" if train is None else "evaluated" if evaluation else "trained"
    return RunView(
        key=run_key(cell, config_digest),
        name=run_name(cell),
        tags=run_tags(cell, config_digest, commit=record.provenance.commit, status=status),
        params=run_params(
            cell,
            train.config if train else None,
            total_epochs=train.total_epochs if train else None,
        ),
        history=_history(folder, start_ms=start_ms) if train else (),
        finals=final_metrics(train, evaluation),
        note=cell_note(cell, train, evaluation),
        folder=folder,
        files=files,
        digest=digest_of(folder, files),
        start_ms=start_ms,
        end_ms=end_ms,
        data_fingerprint=record.provenance.data_fingerprint,
    )


def final_metrics(
    train: TrainRecord | None, evaluation: EvaluationRecord | None
) -> dict[str, float]:
    """The scores and costs of a run, without those that are NaN.

    They have names of their own: a table of runs shows the last step of a curve, not its best.
    """
    values: dict[str, float] = {}
    if train is not None:
        values |= {
            "best/val_miou": train.selected_val_miou,
            "best/epoch": float(train.selected_epoch),
            "last/val_miou": train.last_val_miou,
            "cost/params_m": train.parameters / 1e6,
            "cost/train_s": train.train_seconds,
            "cost/images_per_second": train.images_per_second,
        }
    for one in evaluation.evaluations if evaluation else ():
        values |= _scores(one)
    return {name: value for name, value in values.items() if not math.isnan(value)}


def digest_of(folder: Path, files: Iterable[Path]) -> str:
    """Sixteen hexadecimal digits that change with the name or a byte of any of the files."""
    digest = hashlib.sha256(str(PROJECTION).encode())
    for path in sorted(files):
        content = path.read_bytes()
        digest.update(f"\0{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def now_ms() -> int:
    """Milliseconds since 1970, as MLflow counts time."""
    return time.time_ns() // 1_000_000


def _scores(one: Evaluation) -> dict[str, float]:
    prefix = "test" if one.checkpoint == "selected" else "last/test"
    scores = one.scores
    values = {f"{prefix}/{name}": float(getattr(scores, name)) for name in HEADLINE}
    if one.checkpoint == "selected":
        named = metric_names(scores.iou)
        values |= {f"test/iou/{named[name]}": iou for name, iou in scores.iou.items()}
    return values


def metric_names(classes: Iterable[str]) -> dict[str, str]:
    """What each class is called in the name of a metric; no two are called the same.

    MLflow rejects brackets, plus and ampersands, and names that a path would change, ``..`` and
    ``a//b``: ``_`` stands for them. Of classes that then share a name, all but the first, and
    those that take another class's own, have their label behind it.
    """
    names = list(classes)
    given: dict[str, str] = {}
    taken = set(names)
    for label, name in enumerate(names):
        plain = re.sub(r"[^\w. -]", "_", name)[:LONGEST_NAME]
        if not plain.strip("."):
            plain = "_"
        if plain != name:
            while plain in taken:
                plain = f"{plain}_{label}"
            taken.add(plain)
        given[name] = plain
    return given


def _history(folder: Path, *, start_ms: int) -> tuple[Point, ...]:
    """Every value of ``history.csv``, at the time when its epoch was over."""
    points: list[Point] = []
    seconds = 0.0
    for row in read_history(folder):
        seconds += row["seconds"]
        points.extend(epoch_points(row, time_ms=start_ms + int(1000 * seconds)))
    return tuple(points)

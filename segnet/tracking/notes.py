"""The Markdown that MLflow shows as a run's description."""

from __future__ import annotations

import math
from collections.abc import Mapping

from segnet.grid import Cell
from segnet.reporting.markup import markdown_text
from segnet.results.records import Evaluation, EvaluationRecord, TrainRecord

MAX_NOTE = 7800
"""MLflow cuts a tag at 8000 characters."""

TITLES = {
    "miou": "mIoU",
    "pixel_accuracy": "pixel accuracy",
    "class_accuracy": "class accuracy",
    "fwiou": "frequency-weighted IoU",
    "cross_entropy": "cross-entropy (nats)",
    "dice": "soft Dice",
}


def cell_note(cell: Cell, train: TrainRecord | None, evaluation: EvaluationRecord | None) -> str:
    """Scores of a run, where they come from, and the commands that reproduce them."""
    parts = [f"**{cell.model}**, loss `{cell.loss}`, seed {cell.seed}, data set `{cell.dataset}`"]
    if train is not None:
        parts.append(
            f"Epoch {train.selected_epoch} of {train.total_epochs} was selected by its validation "
            f"mIoU of {train.selected_val_miou:.4f}. {train.parameters / 1e6:.2f} M parameters, "
            f"trained in {train.train_seconds:.0f} s on {train.provenance.device} "
            f"({train.provenance.precision})."
        )
    if evaluation is not None and evaluation.evaluations:
        parts += [_headline(evaluation.evaluations), _per_class(evaluation.evaluations[0])]
    record = train or evaluation
    if record is not None:
        commit, _, dirty = record.provenance.commit.partition("+")
        remark = " (the working tree had changes that are in no commit)" if dirty else ""
        # the seeds of `more_seeds` have stages with a longer name
        axes = f"{cell.bench}-{cell.dataset}-{cell.model}-{cell.loss}-{cell.seed}"
        stage = f"--glob 'evaluate*@{axes}'"
        if train is None:
            stage = f"blind_predictors@{cell.bench}-{cell.dataset}"
        steps = f"git checkout {commit}\nsegbench preset {cell.bench}\ndvc repro {stage}"
        parts.append(f"Reproduce{remark}:\n\n```\n{steps}\n```")
    return "\n\n".join(parts)


def report_note(text: str) -> str:
    """A report as far as a note can hold it, without its pictures, which a note cannot show."""
    kept: list[str] = []
    room = MAX_NOTE
    for line in text.splitlines():
        if line.lstrip().startswith("!["):
            continue
        room -= len(line) + 1
        if room < 0:
            kept.append("\n... the rest is in the artifact `index.md`.")
            break
        kept.append(line)
    return "\n".join(kept)


def _headline(evaluations: tuple[Evaluation, ...]) -> str:
    columns = [f"{one.checkpoint} (epoch {one.epoch})" for one in evaluations]
    rows = [
        [title, *(_number(getattr(one.scores, name)) for one in evaluations)]
        for name, title in TITLES.items()
    ]
    first = evaluations[0]
    return _table([f"{first.split}, {first.num_images} images", *columns], rows)


def _per_class(one: Evaluation) -> str:
    accuracy: Mapping[str, float] = one.scores.accuracy
    rows = [
        [markdown_text(name), _number(iou), _number(accuracy.get(name, math.nan))]
        for name, iou in one.scores.iou.items()
    ]
    return _table([f"class ({one.checkpoint})", "IoU", "accuracy"], rows)


def _table(header: list[str], rows: list[list[str]]) -> str:
    rule = ["---"] + ["---:"] * (len(header) - 1)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (header, rule, *rows))


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.4f}"  # noqa: RUF001 - the dash of our tables

"""Tables of the cells of a bench: two CSV files and what a report says of them. No torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from segnet.paths import PRESETS
from segnet.reporting.table import DASH, Table, text_table
from segnet.results.cells import CellResult, Results
from segnet.results.history import read_history
from segnet.results.records import CHECKPOINTS, Evaluation

FLOAT_FORMAT = "%.6g"
AXES = ("dataset", "model", "loss", "seed")
CURVE_COLUMNS = (*AXES, "epoch", "train_loss", "val_miou", "learning_rate")
PROVENANCE_COLUMNS = (
    *("commit", "date", "device", "precision", "threads", "platform", "python", "torch"),
    "data_fingerprint",
)


def result_rows(results: Results) -> list[dict[str, Any]]:
    """One row for each checkpoint of each cell, in the order of the bench; missing cells have one.

    The provenance is that of the training; ``evaluation_commit`` and ``evaluation_date`` say where
    the scores come from. A blind predictor, which trains nothing, has its evaluation's for both.
    """
    return [row for one in results.cells for row in _rows_of(one)]


def curve_rows(results: Results) -> list[dict[str, Any]]:
    """One row for each epoch of each trained cell, with the columns ``CURVE_COLUMNS``."""
    return [
        {**one.cell.model_dump(include=set(AXES)), **epoch, "epoch": int(epoch["epoch"])}
        for one in results.cells
        if one.train is not None
        for epoch in read_history(one.folder)
    ]


def csv_text(rows: Sequence[dict[str, Any]], *, columns: Sequence[str]) -> str:
    """The rows as CSV: floats with 6 digits; what a row does not have, and NaN, is empty."""
    import pandas as pd  # half a second that `segbench compare` does not need

    # convert_dtypes keeps an integer column integer where a row lacks it.
    frame = pd.DataFrame(list(rows), columns=list(columns)).convert_dtypes()
    return frame.to_csv(index=False, float_format=FLOAT_FORMAT, lineterminator="\n")


def result_columns(results: Results) -> tuple[str, ...]:
    """The columns of ``results.csv``: identity, scores, cost, provenance, IoU of each class."""
    scores = [found.scores for one in results.cells if (found := one.score_of("selected"))]
    classes = dict.fromkeys(name for one in scores for name in one.iou)
    return (
        *("bench", "dataset", "model", "loss", "seed", "checkpoint", "status"),
        *("recipe", "width", "encoder_weights", "total_epochs", "working_size", "epoch"),
        *("miou", "val_miou", "pixel_accuracy", "class_accuracy", "fwiou", "classes_scored"),
        *("cross_entropy", "dice", "test_images", "parameters", "train_seconds"),
        *("images_per_second", *PROVENANCE_COLUMNS, "evaluation_commit", "evaluation_date"),
        *(f"iou/{name}" for name in classes),
    )


def _rows_of(result: CellResult) -> list[dict[str, Any]]:
    identity = {**result.cell.model_dump(), "status": result.status, **_training(result)}
    if result.evaluation is None:
        return [identity]
    source = result.evaluation.provenance
    made = {"evaluation_commit": source.commit, "evaluation_date": source.date}
    return [
        {**identity, **_provenance(result), **made, **_scores(result, found)}
        for checkpoint in CHECKPOINTS
        if (found := result.score_of(checkpoint))
    ]


def _training(result: CellResult) -> dict[str, Any]:
    """What the cell was trained with and what that cost, from its own record."""
    train = result.train
    if train is None:
        return {}
    bench = train.config["bench"]
    height, width = bench["working_size"]
    return {
        "recipe": bench["recipe"],
        "width": bench["width"],
        "encoder_weights": bench["encoder_weights"],
        "total_epochs": train.total_epochs,
        "working_size": f"{height}x{width}",
        "parameters": train.parameters,
        "train_seconds": train.train_seconds,
        "images_per_second": train.images_per_second,
        **_provenance(result),
    }


def _scores(result: CellResult, evaluation: Evaluation) -> dict[str, Any]:
    scores = evaluation.scores
    train = result.train
    val_miou = {"selected": math.nan, "last": math.nan}
    if train is not None:
        val_miou = {"selected": train.selected_val_miou, "last": train.last_val_miou}
    return {
        "checkpoint": evaluation.checkpoint,
        "epoch": evaluation.epoch,
        "test_images": evaluation.num_images,
        "val_miou": val_miou[evaluation.checkpoint],
        **scores.model_dump(exclude={"iou", "accuracy"}),
        **{f"iou/{name}": value for name, value in scores.iou.items()},
    }


def _provenance(result: CellResult) -> dict[str, Any]:
    source = result.provenance
    if source is None:
        return {}
    plain = source.model_dump(exclude={"versions"}) | {"torch": source.versions.get("torch")}
    return {column: plain[column] for column in PROVENANCE_COLUMNS}


def unfinished_table(cells: Sequence[CellResult]) -> Table:
    """The cells that the comparison lacks, and why."""
    unfinished = [one for one in cells if one.status != "done"]
    lines = ((one.cell.slug, one.status, one.reason) for one in unfinished)
    return text_table(("cell", "status", "reason"), lines)


def setup_commands(results: Results) -> list[str]:
    """How to run the bench again, from the commit that it was run from if that is one."""
    commits = {
        source.commit.removesuffix("+dirty")
        for one in results.cells
        if (source := one.provenance) and source.commit != "unknown"
    }
    checkout = [f"git checkout {commit}" for commit in commits] if len(commits) == 1 else []
    name = results.bench.name
    if (PRESETS / f"{name}.yaml").exists():
        return [*checkout, f"segbench preset {name} && dvc repro"]
    return [*checkout, "segbench run  # with the block `bench` of bench.json in params.yaml"]


def reproduce_table(results: Results) -> Table:
    """The command that makes each number of the comparison, for the bench of ``params.yaml``."""
    commands: dict[tuple[str, str, str], list[str]] = {}
    for one in results.cells:
        cell = one.cell
        commands.setdefault((cell.dataset, cell.model, cell.loss), []).append(_stage(one, results))
    lines = [
        (dataset, model, DASH if loss == "none" else loss, f"dvc repro {' '.join(stages)}")
        for (dataset, model, loss), stages in commands.items()
    ]
    return text_table(("data", "model", "loss", "command"), lines)


def _stage(one: CellResult, results: Results) -> str:
    """The stage of ``dvc.yaml`` that scores the cell; DVC runs the training before it."""
    cell = one.cell
    if one.is_blind:
        return f"blind_predictors@{cell.bench}-{cell.dataset}"
    kind = "evaluate" if cell.seed in results.bench.seeds else "evaluate_more_seeds"
    return f"{kind}@{cell.bench}-{cell.dataset}-{cell.model}-{cell.loss}-{cell.seed}"


def provenance_table(cells: Sequence[CellResult]) -> Table:
    """A line for each cell that is there: what made its weights, or a blind predictor's scores."""
    headings = (
        *("cell", "commit", "date (UTC)", "device", "precision", "threads", "seed"),
        *("python", "torch", "data"),
    )
    lines = []
    for one in cells:
        source = one.provenance
        if source is None:
            continue
        lines.append(
            (
                one.cell.slug,
                _short_commit(source.commit),
                source.date[:16].replace("T", " "),
                source.device,
                source.precision,
                str(source.threads),
                DASH if one.is_blind else str(one.cell.seed),
                source.python,
                source.versions.get("torch", DASH),
                source.data_fingerprint[:12],
            )
        )
    return text_table(headings, lines)


def _short_commit(commit: str) -> str:
    """Eight digits, and ``+dirty`` where the code was not the commit's."""
    plain = commit.removesuffix("+dirty")
    return plain[:8] + commit[len(plain) :]

"""``segbench explain``: the same predictions under every definition of mIoU found in the wild."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console, JustifyMethod
from rich.table import Table as RichTable
from rich.text import Text

from segnet.cli.score import (
    LabelsOption,
    NumberedOption,
    PatternOption,
    Resize,
    SplitOption,
)
from segnet.cli.truth_options import find_truth
from segnet.errors import UserError

if TYPE_CHECKING:
    from segnet.definitions.evidence import Evidence
    from segnet.definitions.explanation import Explained
    from segnet.reporting.table import Table

WIDTH = 100
HEADINGS = ("definition", "who computes it", "what it hides", "%", "points")
PREDICTIONS_HELP = "A folder or .npz of predictions, or a row of a report: BENCH:MODEL/LOSS."
DATASET_HELP = "A data set of params.yaml, or the YAML of your own; of a row the bench's first."
TARGET_HELP = "A number that you have read, such as 0.652 or 65.2: which definitions give it?"
VALIDATION_HELP = "Predictions for the validation split, to see what scoring that one would say."


def explain(
    predictions: Annotated[str, typer.Argument(help=PREDICTIONS_HELP)],
    dataset: Annotated[str, typer.Option("--dataset", help=DATASET_HELP)] = "",
    split: SplitOption = "test",
    labels: LabelsOption = "",
    resize: Resize = "no",
    pattern: PatternOption = "",
    numbered: NumberedOption = False,
    validation: Annotated[Path | None, typer.Option(help=VALIDATION_HELP)] = None,
    target: Annotated[float | None, typer.Option(help=TARGET_HELP, min=0, max=100)] = None,
    to: Annotated[
        Literal["table", "md", "csv", "json"], typer.Option("--format", help="How to print it.")
    ] = "table",
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Say which mIoU this is: one table of all definitions, the strict one among them."""
    from segnet.definitions.explanation import explain as explain_evidence
    from segnet.definitions.explanation import near_target
    from segnet.reporting.formats import exact_csv
    from segnet.reporting.markup import markdown_table

    if not Path(predictions).exists() and ":" in predictions:
        title, evidence = _of_row(predictions, dataset)
    else:
        title, evidence = _of_folder(
            Path(predictions), dataset, split, labels, resize, pattern, numbered, validation
        )
    rows = explain_evidence(evidence)
    near = None
    if target is not None:
        near = near_target(rows, target if target <= 1 else target / 100)
    shown = [row for row in rows if not math.isnan(row.value)]
    if as_json or to == "json":
        found: dict[str, Any] = {"predictions": title, "definitions": [known(row) for row in rows]}
        if near is not None:
            found |= {"target": target, "near": [row.definition.key for row in near]}
        print(json.dumps(found, indent=1))
        return
    if to == "csv":
        sys.stdout.write(exact_csv(plain(row) for row in rows))
    elif to == "md":
        print(f"{title}\n\n{markdown_table(as_table(shown))}")
    else:
        Console(width=None if sys.stdout.isatty() else WIDTH).print(
            for_terminal(title, as_table(shown))
        )
    for row in rows:
        if math.isnan(row.value):
            needs = row.definition.needs
            print(f"not computed: {row.definition.title}; it needs {needs}", file=sys.stderr)
    if near is not None and target is not None:
        print(answer(near, rows, target), file=sys.stderr if to == "csv" else sys.stdout)


def _of_row(text: str, dataset: str) -> tuple[str, list[Evidence]]:
    from segnet.results.cells import load_bench
    from segnet.submissions.evidence import evidence_of_row
    from segnet.submissions.table import find_rival

    bench = load_bench(text.split(":")[0]).bench
    row = find_rival(text, dataset or bench.datasets[0])
    seeds = len(row.cells)
    trainings = f"mean over {seeds} seeds" if seeds > 1 else "one training"
    return f"{bench.name}: {row.key} on {row.row.dataset}, {trainings}", evidence_of_row(row)


def _of_folder(
    path: Path,
    dataset: str,
    split: str,
    labels: str,
    resize: str,
    pattern: str,
    numbered: bool,
    validation: Path | None,
) -> tuple[str, list[Evidence]]:
    from segnet.submissions.evidence import evidence_of_predictions, with_validation
    from segnet.submissions.label_code import read_label_code

    if not dataset:
        raise UserError("--dataset is missing: name the data set that the predictions are for.")

    def read(path: Path, split: str) -> Evidence:
        truth = find_truth(dataset, split)
        code = read_label_code(labels, truth.taxonomy)
        return evidence_of_predictions(
            path, truth, code, resize=resize == "nearest", pattern=pattern, numbered=numbered
        )

    evidence = read(path, split)
    if validation is not None:
        evidence = with_validation(evidence, read(validation, "val"))
    return f"{path}: predictions for {dataset} {split}", [evidence]


def plain(row: Explained) -> dict[str, str | float]:
    """One definition for programs: fractions of one, NaN for what is not known."""
    return {
        "definition": row.definition.key,
        "title": row.definition.title,
        "value": row.value,
        "above_strict": row.above_strict,
        "code": row.definition.code,
        "hides": row.definition.hides,
    }


def known(row: Explained) -> dict[str, str | float | None]:
    """The same for JSON, which has no NaN."""
    return {
        key: None if isinstance(value, float) and math.isnan(value) else value
        for key, value in plain(row).items()
    }


def as_table(rows: Sequence[Explained]) -> Table:
    """The definitions for people; the strict one is marked."""
    from segnet.reporting.table import Entry, Table

    lines = []
    for row in rows:
        one, is_strict = row.definition, row.definition.key == "strict"
        points = "strict" if is_strict else f"{100 * row.above_strict:+.2f}"
        texts = (one.title, one.code, one.hides, f"{100 * row.value:.2f}", points)
        lines.append(tuple(Entry(text, is_strict) for text in texts))
    return Table(HEADINGS, tuple(lines), 3)


def for_terminal(title: str, table: Table) -> RichTable:
    """The table with its words folded."""
    shown = RichTable(
        title=Text(title, "bold"), box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False
    )
    for at, heading in enumerate(table.headings):
        justify: JustifyMethod = "left" if at < table.num_text_columns else "right"
        shown.add_column(heading, justify=justify, no_wrap=justify == "right", overflow="fold")
    for line in table.lines:
        shown.add_row(*(Text(one.text, "bold" if one.is_best else "") for one in line))
    return shown


def answer(near: Sequence[Explained], rows: Sequence[Explained], target: float) -> str:
    """Which definitions give the number."""
    if near:
        named = "\n".join(f"- {one.definition.title}: {100 * one.value:.2f}" for one in near)
        return f"{target:g} is within a point of\n{named}"
    known = [row for row in rows if not math.isnan(row.value)]
    fraction = target if target <= 1 else target / 100
    nearest = min(known, key=lambda row: abs(row.value - fraction))
    return (
        f"{target:g}: no definition comes within a point; the nearest is "
        f"{nearest.definition.title}: {100 * nearest.value:.2f}"
    )

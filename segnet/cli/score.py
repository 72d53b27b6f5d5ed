"""``segbench score``: predictions that were made elsewhere, under the protocol of the benches."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from segnet.cli.compare import choose_format, show
from segnet.cli.truth_options import find_truth
from segnet.errors import UserError

if TYPE_CHECKING:
    from segnet.submissions.scoring import Submission

DATASET_HELP = "A data set of params.yaml, or the YAML of your own."
LABELS_HELP = (
    "What the stored values stand for: void-11 (any number), one-based, voc, camvid32-colors, "
    "cityscapes-train-ids, or a .yaml file; default: the data set's own labels and colours."
)
AGAINST_HELP = "A row of a report, such as camvid-cpu:unet/dice; prints the paired difference."
PATTERN_HELP = "Which files of the folder, such as '*_pred.png' or 'pred/*'."
SAVE_HELP = (
    "Keep it as reports/submitted/NAME, which `compare --submitted` shows; asks for a card first."
)
NUMBERED_HELP = "The files are numbered in the order of the images' names."

Predictions = Annotated[Path, typer.Argument(help="A folder, or an .npz of all images.")]
DatasetOption = Annotated[str, typer.Option("--dataset", help=DATASET_HELP)]
SplitOption = Annotated[str, typer.Option("--split", help="train, val or test.")]
LabelsOption = Annotated[str, typer.Option("--labels", help=LABELS_HELP)]
PatternOption = Annotated[str, typer.Option("--pattern", help=PATTERN_HELP)]
NumberedOption = Annotated[bool, typer.Option("--numbered", help=NUMBERED_HELP)]
Resize = Annotated[
    Literal["no", "nearest"],
    typer.Option("--resize", help="Make predictions of another size fit; the row says so."),
]


def score(
    predictions: Predictions,
    dataset: DatasetOption,
    split: SplitOption = "test",
    labels: LabelsOption = "",
    resize: Resize = "no",
    pattern: PatternOption = "",
    numbered: NumberedOption = False,
    against: Annotated[str, typer.Option(help=AGAINST_HELP)] = "",
    name: Annotated[str, typer.Option(help="Of the row; default: that of the folder.")] = "",
    save: Annotated[str, typer.Option(help=SAVE_HELP)] = "",
    to: Annotated[
        str, typer.Option("--format", help="table, md, csv, json, latex or html; default: table.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    output: Annotated[Path | None, typer.Option(help="Write to this file, not stdout.")] = None,
) -> None:
    """Score predictions that were made elsewhere; anything missing or wrong exits 1."""
    import torch

    from segnet.reporting.columns import choose_columns, default_columns
    from segnet.reporting.comparison_tables import Choice
    from segnet.submissions.card import read_card
    from segnet.submissions.label_code import read_label_code
    from segnet.submissions.saved import submission_folder
    from segnet.submissions.scoring import score_predictions
    from segnet.submissions.table import find_rival, tabulate

    chosen = choose_format(to, as_json=as_json)
    torch.set_num_threads(1)  # one picture at a time is too little work to share
    card = read_card(submission_folder(save)) if save else None
    truth = find_truth(dataset, split)
    rival = find_rival(against, truth.dataset) if against else None
    submission = score_predictions(
        predictions,
        truth,
        read_label_code(labels, truth.taxonomy),
        resize=resize == "nearest",
        pattern=pattern,
        numbered=numbered,
    )
    shown = branded(name or save or predictions.resolve().stem, submission)
    notes = notes_on(submission)
    comparison = tabulate(
        shown,
        truth,
        submission.pairs,
        submission.scores,
        rival=rival,
        notes=[*notes, *([card.line()] if card else [])],
    )
    columns = default_columns(comparison.rows)
    if not math.isnan(submission.scores.ece):
        columns += choose_columns(["ece"])[-1:]
    choice = Choice(columns=columns, per_class=True, significance=rival is not None)
    show([comparison], choice, chosen, output)
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    if save:
        keep(submission_folder(save), shown, submission, notes)


def keep(folder: Path, name: str, submission: Submission, notes: list[str]) -> None:
    """Save a submission.

    Raises:
        UserError: if its labels look permuted: such a row would mislead.
    """
    from segnet.submissions.saved import new_record, save

    if submission.permutation:
        raise UserError(f"not saved: {submission.permutation}.")
    truth = submission.truth
    record = new_record(
        name=name,
        dataset=truth.dataset,
        split=truth.split,
        images=truth.names,
        sequences=truth.sequences,
        labels=submission.code.name,
        notes=tuple(notes),
        scores=submission.scores,
    )
    save(folder, record, submission.pairs, submission.masks)
    print(f"saved: {folder}", file=sys.stderr)


def branded(name: str, submission: Submission) -> str:
    """The name of the row, which every format prints, with what sets it apart from other rows."""
    split = submission.truth.split
    marks = [split] if split != "test" else []
    marks += ["resized"] if submission.resized else []
    return " ".join([name, *(f"[{mark}]" for mark in marks)])


def notes_on(submission: Submission) -> list[str]:
    """What a reader of the scores must know of how they came about."""
    split = submission.truth.split
    notes = [] if split == "test" else [f"scored on the split '{split}', not on test"]
    if submission.permutation:
        notes.append(f"warning: {submission.permutation}")
    if submission.resized:
        notes.append(
            f"resized: {submission.resized} predictions had another size than their labels and "
            "were made to fit by the nearest label; their boundaries are worse for it"
        )
    if submission.unassigned:
        share = f"{100 * submission.unassigned:.2g} %"
        notes.append(f"{share} of the labelled pixels are predicted as no class and count as wrong")
    if submission.code.name:
        notes.append(f"labels read by {submission.code.name}")
    return notes + list(submission.notes)

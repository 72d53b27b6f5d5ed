"""A submission as rows of a comparison, beside a row of a bench if one is named. No torch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from segnet.definitions.pair_counts import PairCounts
from segnet.errors import UserError, expand_short_name, unknown
from segnet.paths import cell_report_folder
from segnet.reporting.comparison import Comparison, compare_cells
from segnet.reporting.rows import ComparisonRow, OverSeeds
from segnet.reporting.significance import number_rows
from segnet.reporting.table import Note
from segnet.results.cells import CellResult, load_bench
from segnet.results.records import Scores
from segnet.scoring.scores import read_counts
from segnet.statistics.blocks import plan_blocks
from segnet.statistics.intervals import Interval
from segnet.statistics.jackknife import SCORES, jackknife
from segnet.statistics.margins import compare_pairs, interval
from segnet.submissions.truth import Truth

SUBMITTED = "submitted"
"""Stands where the rows of a bench have their loss."""


class Rival(NamedTuple):
    """A row of a bench that a submission is held against."""

    row: ComparisonRow
    cells: tuple[CellResult, ...]
    """One a seed."""

    @property
    def key(self) -> str:
        """``model/loss``."""
        return f"{self.row.model}/{self.row.loss}"


def find_rival(text: str, dataset: str) -> Rival:
    """The row that ``BENCH:MODEL/LOSS`` names.

    Raises:
        UserError: if the text has another form, or there is no such row or it is not done.
    """
    bench, _, rest = text.partition(":")
    model, _, loss = rest.partition("/")
    if not (bench and model):
        raise UserError(
            f"'{text}' names no row. Write BENCH:MODEL/LOSS, such as camvid-cpu:unet/dice."
        )
    results = load_bench(bench)
    if dataset not in results.bench.datasets:
        raise UserError(f"bench '{bench}': {unknown('dataset', dataset, results.bench.datasets)}")
    known = dict.fromkeys(one.cell.model for one in results.cells)
    model = expand_short_name(model, known)
    cells = [one for one in results.of_dataset(dataset) if one.cell.model == model]
    if not cells:
        raise UserError(f"bench '{bench}': {unknown('model', model, known)}")
    losses = dict.fromkeys(one.cell.loss for one in cells)
    loss = loss or next(iter(losses))
    cells = [one for one in cells if one.cell.loss == loss and one.status == "done"]
    if loss not in losses:
        raise UserError(f"bench '{bench}': {unknown('loss', loss, losses)}")
    if not cells:
        raise UserError(f"{text} is not trained yet. Run `dvc repro`.")
    losses_of = [] if cells[0].is_blind else [loss]  # blind predictors have none
    shown = compare_cells(results, models=[model], losses=losses_of, datasets=[dataset])
    row = next(row for one in shown for row in one.rows if row.model == model)
    return Rival(row, tuple(cells))


def counts_of_rival(rival: Rival, truth: Truth) -> np.ndarray:
    """Counts by seed and image, of the very images of the split.

    Raises:
        UserError: if the bench scored other images.
    """
    for one in rival.cells:
        scored = one.evaluation.image_names if one.evaluation else ()
        if scored != truth.names:
            raise UserError(
                f"{one.cell.bench} scored {len(scored)} images of {truth.dataset}, the "
                f"predictions are for {len(truth)} others ({truth.split}). Compare the same images."
            )
    folders = [cell_report_folder(one.cell.bench, one.cell.slug) for one in rival.cells]
    return np.stack([read_counts(folder, "selected") for folder in folders])


def tabulate(
    name: str,
    truth: Truth,
    pairs: PairCounts,
    scores: Scores,
    *,
    rival: Rival | None,
    notes: Sequence[str],
) -> Comparison:
    """A comparison of one row, or of two and their difference.

    Args:
        name: of the submission.
        truth: what it was scored on.
        pairs: its counts.
        scores: of these counts.
        rival: a row of a bench on the same images.
        notes: what a reader must know beside the numbers.

    Raises:
        UserError: if the rival was scored on other images or other labels.
    """
    blocks = plan_blocks(truth.sequences)
    counts = {f"{name}/{SUBMITTED}": pairs[None, :, :-1]}
    if rival is not None:
        counts[rival.key] = counts_of_rival(rival, truth)
    jackknifed = jackknife(counts, blocks)
    ours, *_ = jackknifed.values()
    intervals = {score: interval(ours, score) for score in SCORES}
    rows = [submitted_row(name, truth.dataset, scores, intervals)]
    rows += [rival.row] if rival else []
    gaps = compare_pairs(jackknifed, list(counts))
    rows.sort(key=lambda row: -row.miou.mean)
    where = f"{truth.dataset} {truth.split}, {len(truth)} images"
    return Comparison(
        dataset=truth.dataset,
        title=f"{name}: predictions that were made elsewhere",
        protocol=f"{truth.title}; {where}; scored at the size of the labels, void left out",
        classes=truth.taxonomy.names,
        rows=number_rows(rows, gaps),
        notes=(
            Note(f"95 %: interval over test images ({blocks}). It covers {blocks.reach}."),
            *map(Note, notes),
            *([Note(truth.note)] if truth.note else []),
        ),
        gaps=gaps,
    )


def submitted_row(
    name: str, dataset: str, scores: Scores, intervals: Mapping[str, Interval]
) -> ComparisonRow:
    """The row of a submission, which stands for one training."""
    return ComparisonRow(
        dataset=dataset,
        model=name,
        loss=SUBMITTED,
        seeds=(0,),
        planned_seeds=1,
        miou=_one(scores.miou),
        last_miou=math.nan,
        pixel_accuracy=scores.pixel_accuracy,
        class_accuracy=scores.class_accuracy,
        fwiou=scores.fwiou,
        iou={class_name: _one(value) for class_name, value in scores.iou.items()},
        classes_scored=(scores.classes_scored,),
        parameters=math.nan,
        images_per_second=math.nan,
        boundary_f1=scores.boundary_f1,
        ece=scores.ece,
        intervals=intervals,
    )


def _one(value: float) -> OverSeeds:
    """A score of one training."""
    return OverSeeds(value, math.nan, value, value)

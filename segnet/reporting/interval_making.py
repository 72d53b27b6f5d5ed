"""Computes the intervals of the cells of one data set from their counts. No torch, but numpy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64

from segnet.paths import cell_report_folder
from segnet.reporting.intervals import MAX_PAIRED, DatasetIntervals, digest_of, obstacle
from segnet.results.cells import CellResult
from segnet.scoring.scores import read_counts
from segnet.statistics.blocks import plan_blocks
from segnet.statistics.jackknife import SCORES, jackknife
from segnet.statistics.margins import compare_pairs, interval


def compute_intervals(cells: Sequence[CellResult]) -> DatasetIntervals:
    """Intervals of every row and differences of every pair of trained models.

    Args:
        cells: done cells of one data set.

    Raises:
        UserError: if counts are not there, or cells were scored on other labels.
    """
    digest = digest_of(cells)
    if reason := obstacle(cells):
        return DatasetIntervals(digest=digest, reason=reason)
    rows: dict[str, list[CellResult]] = {}
    for one in cells:
        rows.setdefault(f"{one.cell.model}/{one.cell.loss}", []).append(one)
    counts = {row: np.stack([_counts_of(one) for one in of]) for row, of in rows.items()}
    blocks = plan_blocks(_sequences(cells))
    found = jackknife(counts, blocks)
    trained = [row for row, of in rows.items() if not of[0].is_blind]
    return DatasetIntervals(
        digest=digest,
        blocks=str(blocks),
        reach=blocks.reach,
        lone_classes=next(iter(found.values())).lone_classes,
        scores={row: {score: interval(found[row], score) for score in SCORES} for row in rows},
        gaps=compare_pairs(found, trained) if len(trained) <= MAX_PAIRED else (),
    )


def _counts_of(one: CellResult) -> Int64[np.ndarray, "n classes classes"]:
    return read_counts(cell_report_folder(one.cell.bench, one.cell.slug), "selected")


def _sequences(cells: Sequence[CellResult]) -> tuple[str, ...]:
    """The video of each test image, which all cells agree on."""
    return cells[0].evaluation.sequences if cells[0].evaluation else ()

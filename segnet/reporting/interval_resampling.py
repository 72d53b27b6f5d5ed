"""Resamples the test images of the cells of one data set. No torch, but numpy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64

from segnet.paths import cell_report_folder
from segnet.reporting.intervals import MAX_PAIRED, DatasetIntervals, digest_of, obstacle
from segnet.results.cells import CellResult
from segnet.scoring.scores import read_counts
from segnet.statistics.bootstrap import SCORES, compare_pairs, resample_scores
from segnet.statistics.resampling import RESAMPLES, plan_resampling


def resample_cells(cells: Sequence[CellResult]) -> DatasetIntervals:
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
    scheme = plan_resampling(_sequences(cells), stream=cells[0].cell.dataset)
    resampled = resample_scores(counts, scheme)
    trained = [row for row, of in rows.items() if not of[0].is_blind]
    return DatasetIntervals(
        digest=digest,
        scheme=str(scheme),
        resamples=RESAMPLES,
        classes_lost=resampled.classes_lost(),
        scores={row: {score: resampled.interval(row, score) for score in SCORES} for row in rows},
        gaps=compare_pairs(resampled, trained) if len(trained) <= MAX_PAIRED else (),
    )


def _counts_of(one: CellResult) -> Int64[np.ndarray, "n classes classes"]:
    return read_counts(cell_report_folder(one.cell.bench, one.cell.slug), "selected")


def _sequences(cells: Sequence[CellResult]) -> tuple[str, ...]:
    """The video of each test image, which all cells agree on."""
    return cells[0].evaluation.sequences if cells[0].evaluation else ()

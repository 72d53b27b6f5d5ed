"""Resamples the test images of the cells of one data set. No torch, but numpy."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from segnet.paths import cell_report_folder
from segnet.reporting.intervals import (
    MAX_PAIRED,
    DatasetIntervals,
    Gap,
    Row,
    digest_of,
    obstacle,
)
from segnet.results.bench_results import CellResult
from segnet.scoring.scores import read_counts
from segnet.statistics.bootstrap import SCORES, resample_scores
from segnet.statistics.intervals import compare, uncertainty
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
    rows: dict[Row, list[CellResult]] = {}
    for one in cells:
        rows.setdefault((one.cell.model, one.cell.loss), []).append(one)
    counts = {
        "/".join(row): np.stack(
            [
                read_counts(cell_report_folder(one.cell.bench, one.cell.slug), "selected")
                for one in of
            ]
        )
        for row, of in rows.items()
    }
    scheme = plan_resampling(_sequences(cells), stream=cells[0].cell.dataset)
    resampled = resample_scores(counts, scheme)
    trained = [row for row, of in rows.items() if not of[0].is_blind]
    pairs = list(combinations(trained, 2)) if len(trained) <= MAX_PAIRED else []
    gaps = []
    for first, second in pairs:
        found = compare(resampled, "/".join(first), "/".join(second), pairs=len(pairs))
        gaps.append(
            Gap(
                first=first,
                second=second,
                difference=found.difference,
                low=found.low,
                high=found.high,
                num_seeds=found.num_seeds,
                seed_margin=found.seed_margin,
            )
        )
    found_scores = {
        row: {name: uncertainty(resampled, row, name) for name in SCORES} for row in counts
    }
    return DatasetIntervals(
        digest=digest,
        scheme=str(scheme),
        resamples=RESAMPLES,
        classes_lost=resampled.classes_lost(),
        scores={
            row: {name: (one.low, one.high, one.image_sd) for name, one in scores.items()}
            for row, scores in found_scores.items()
        },
        gaps=tuple(gaps),
    )


def _sequences(cells: Sequence[CellResult]) -> tuple[str, ...]:
    """The video of each test image, which all cells agree on."""
    return cells[0].evaluation.sequences if cells[0].evaluation else ()

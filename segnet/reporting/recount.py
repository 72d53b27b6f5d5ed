"""Scores are what their counts give, or they are not shown. No torch."""

from __future__ import annotations

import dataclasses
import math

from segnet.errors import UserError
from segnet.paths import cell_report_folder, report_folder
from segnet.reporting.intervals import IntervalsRecord, digest_of, done_cells
from segnet.results.cells import CellResult, Results, Status
from segnet.results.records import Evaluation, EvaluationRecord
from segnet.scoring.counts import metrics
from segnet.scoring.scores import read_counts

RECOUNTED = {
    "miou": metrics.miou,
    "pixel_accuracy": metrics.pixel_accuracy,
    "class_accuracy": metrics.class_accuracy,
    "fwiou": metrics.fwiou,
}
ROUNDING = 1e-9
"""Sums of the same ratios in another order; a pixel of CamVid's test split is 2e-8."""


def recount(results: Results) -> Results:
    """The results; a cell whose record says something else than its counts is not evaluated."""
    return dataclasses.replace(results, cells=tuple(map(_recounted, results.cells)))


def recount_changed(results: Results) -> Results:
    """:func:`recount` of the data sets whose scores are others than those of the last report.

    The report has counted its own, and reading a thousand counts takes seconds.
    """
    reported = IntervalsRecord.read(report_folder(results.bench.name)).datasets
    known = {
        dataset
        for dataset, found in reported.items()
        if found.digest == digest_of(done_cells(results.of_dataset(dataset)))
    }
    cells = (one if one.cell.dataset in known else _recounted(one) for one in results.cells)
    return dataclasses.replace(results, cells=tuple(cells))


def _recounted(one: CellResult) -> CellResult:
    if one.evaluation is None:
        return one
    try:
        for evaluation in one.evaluation.evaluations:
            _require_agreement(one, evaluation)
    except UserError as error:
        status: Status = "missing" if one.is_blind else "not evaluated"
        return dataclasses.replace(
            one, status=status, reason=f"not evaluated: {error}", evaluation=None
        )
    return one


def _require_agreement(one: CellResult, evaluation: Evaluation) -> None:
    folder = cell_report_folder(one.cell.bench, one.cell.slug)
    counts = read_counts(folder, evaluation.checkpoint)
    file = folder / EvaluationRecord.FILE_NAME
    if len(counts) != evaluation.num_images:
        raise UserError(
            f"{file} is of {evaluation.num_images} images, its counts are of {len(counts)}"
        )
    total = counts.sum(0)
    for name, score in RECOUNTED.items():
        said, counted = getattr(evaluation.scores, name), float(score(total))
        if not (
            math.isclose(said, counted, abs_tol=ROUNDING) or (said != said and counted != counted)
        ):
            raise UserError(
                f"{file} says {name} {said:.6g} of '{evaluation.checkpoint}', its counts give "
                f"{counted:.6g}"
            )

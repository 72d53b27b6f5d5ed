"""The comparison of a bench: per data set, one row a model and loss, best first. No torch."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

from segnet.errors import UserError, expand_short_name, unknown
from segnet.grid import BLIND_PREDICTORS, Bench
from segnet.paths import report_folder
from segnet.reporting.captions import interval_notes, notes_on, protocol_line
from segnet.reporting.columns import COLUMNS, Column, Value, class_column
from segnet.reporting.intervals import (
    DatasetIntervals,
    IntervalsRecord,
    find_intervals,
)
from segnet.reporting.published_rows import PublishedRows, published_beside
from segnet.reporting.rows import ComparisonRow, summarize_seeds
from segnet.reporting.significance import number_rows
from segnet.reporting.table import Note
from segnet.results.cells import CellResult, Results
from segnet.results.records import MeasureRecord
from segnet.statistics.intervals import Difference

BY_MIOU = next(column for column in COLUMNS if column.key == "miou")


@dataclass(frozen=True)
class Comparison:
    """All rows of one data set, and what a reader must know beside them.

    Best mIoU first, unless :func:`sort_rows` gave another order.
    """

    dataset: str
    title: str
    protocol: str
    """One line: the data, the sizes, the networks' width and initial weights."""
    classes: tuple[str, ...]
    rows: tuple[ComparisonRow, ...]
    notes: tuple[Note, ...]
    gaps: tuple[Difference, ...] = ()
    """Differences of mIoU between every two trained rows of the data set, shown here or not."""
    published: PublishedRows | None = None
    """What others have published, where it was asked for."""


def compare_cells(
    results: Results,
    *,
    models: Sequence[str] = (),
    losses: Sequence[str] = (),
    datasets: Sequence[str] = (),
    intervals: IntervalsRecord | None = None,
) -> tuple[Comparison, ...]:
    """One comparison a data set. An empty filter keeps all.

    Args:
        results: the cells of a bench.
        models: keep these alone, blind predictors only if named; ``v1`` is ``segnet_v1``.
        losses: keep these losses, and the blind predictors, which have none.
        datasets: keep these data sets.
        intervals: of the bench; default: what its folder holds.

    Raises:
        UserError: if a filter names what the bench does not have.
    """
    bench = results.bench
    if lacking := what_bench_lacks(bench, models=models, losses=losses, datasets=datasets):
        raise UserError(f"bench '{bench.name}': {lacking}")
    models = tuple(expand_short_name(model, bench.models) for model in models)
    stored = intervals or IntervalsRecord.read(report_folder(bench.name))
    kept = [
        one
        for one in results.cells
        if (not models or one.cell.model in models)
        and (not losses or one.is_blind or one.cell.loss in losses)
    ]
    comparisons = []
    for dataset in bench.datasets:
        if not datasets or dataset in datasets:
            shown = [one for one in kept if one.cell.dataset == dataset]
            found = find_intervals(stored, dataset, results.of_dataset(dataset), shown)
            comparisons.append(_compare_on(dataset, shown, results, found))
    return tuple(comparisons)


def what_bench_lacks(
    bench: Bench,
    *,
    models: Sequence[str] = (),
    losses: Sequence[str] = (),
    datasets: Sequence[str] = (),
) -> str:
    """Says which of the names a bench does not have; empty if it has all."""
    known_models = (*BLIND_PREDICTORS, *bench.models)
    for what, names, known in (
        ("model", [expand_short_name(model, known_models) for model in models], known_models),
        ("loss", losses, bench.losses),
        ("dataset", datasets, bench.datasets),
    ):
        for name in names:
            if name not in known:
                return str(unknown(what, name, known))
    return ""


def add_published(comparisons: Sequence[Comparison], results: Results) -> tuple[Comparison, ...]:
    """The same comparisons, each with what others have published on its data set."""
    with_published = []
    for one in comparisons:
        scored = [
            found
            for cell in results.of_dataset(one.dataset)
            if (found := cell.score_of("selected"))
        ]
        num_images = sorted({found.num_images for found in scored})
        beside = published_beside(one.dataset, num_images)
        with_published.append(dataclasses.replace(one, published=beside))
    return tuple(with_published)


def sort_rows(comparisons: Sequence[Comparison], by: str) -> tuple[Comparison, ...]:
    """The same comparisons, each with its rows sorted by one column.

    Scores, seeds and img/s come greatest first, params least first, words by the alphabet. Rows
    without a number come last. Rows that are equal keep their order, so they stay best mIoU first.

    Args:
        comparisons: one a data set; one without the class that is sorted by keeps its order.
        by: a column by its heading or key, or a class by its name, in upper or lower case.

    Raises:
        UserError: if there is no such column or class.
    """
    classes = dict.fromkeys(name for one in comparisons for name in one.classes)
    columns: dict[str, Column] = {}
    for column in (*COLUMNS, *map(class_column, classes)):
        for name in column.names:
            columns.setdefault(name.lower(), column)
    if by.lower() not in columns:
        headings = dict.fromkeys(name for column in COLUMNS for name in column.names)
        raise unknown("column to sort by", by, (*headings, *classes))
    return tuple(
        dataclasses.replace(one, rows=number_rows(_sorted(one.rows, columns[by.lower()]), one.gaps))
        for one in comparisons
    )


def _sorted(rows: Sequence[ComparisonRow], column: Column) -> list[ComparisonRow]:
    valued = [(column.quantity(row), row) for row in rows]
    present = [(value, row) for value, row in valued if not _is_nan(value)]
    absent = [row for value, row in valued if _is_nan(value)]
    present.sort(key=itemgetter(0), reverse=not column.is_least_first)
    return [*(row for _, row in present), *absent]


def _is_nan(value: Value) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _compare_on(
    dataset: str, cells: list[CellResult], results: Results, intervals: DatasetIntervals
) -> Comparison:
    groups: dict[tuple[str, str], list[CellResult]] = {}
    for one in cells:
        groups.setdefault((one.cell.model, one.cell.loss), []).append(one)
    rows = []
    for (model, loss), group in groups.items():
        measured = MeasureRecord.find(results.bench.name, dataset, model)
        rows.append(summarize_seeds(group, intervals.of_row(f"{model}/{loss}"), measured))
    numbered = number_rows(_sorted(rows, BY_MIOU), intervals.gaps)
    return Comparison(
        dataset=dataset,
        title=f"{results.bench.name}: {results.bench.title}",
        protocol=protocol_line(dataset, cells, results),
        classes=tuple(dict.fromkeys(name for row in numbered for name in row.iou)),
        rows=numbered,
        notes=(
            *interval_notes(numbered, intervals),
            *notes_on(cells, numbered, results.data[dataset]),
        ),
        gaps=intervals.gaps,
    )

"""A comparison for programs: full precision, as JSON and as CSV. No torch, no pandas."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from segnet.reporting.column import Value, class_column
from segnet.reporting.columns import COLUMNS
from segnet.reporting.comparison import Comparison
from segnet.reporting.published_rows import name_of
from segnet.reporting.sections import Choice
from segnet.reporting.seed_summary import ComparisonRow
from segnet.reporting.significance import gap_rows
from segnet.results.published import PublishedResult


def comparison_plain(comparison: Comparison) -> dict[str, Any]:
    """All of a comparison as plain data for JSON: fractions of one, None for NaN."""
    published = comparison.published
    plain: dict[str, Any] = {
        "protocol": comparison.protocol,
        "notes": list(comparison.notes),
        "rows": comparison_rows(comparison),
        "differences": gap_rows(comparison.rows, comparison.gaps),
    }
    if published is not None:
        plain["published"] = [one.model_dump(mode="json") for one in published.ranked]
        plain["published_but_not_comparable"] = [
            one.model_dump(mode="json") | {"comparable": "no", "why": why}
            for one, why in published.others
        ]
    return plain


def comparison_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """The rows as plain data for JSON, with the IoU of each class."""
    return [_plain_row(row) for row in comparison.rows]


def _plain_row(row: ComparisonRow) -> dict[str, Any]:
    fields = dataclasses.asdict(row)
    fields["intervals"] = {name: one._asdict() for name, one in row.intervals.items()}
    plain: dict[str, Any] = _plain(fields)
    return plain


def comparison_csv(comparisons: Sequence[Comparison], choice: Choice) -> str:
    """One line a data set, model and loss, under one heading. Fractions of one; NaN is empty.

    Every column is there, whichever are chosen. Published rows are lines with a ``source`` behind
    ours; ``comparable`` is ``no`` where they must not be ranked with ours. With ``significance``
    the lines are the pairs of rows instead.

    Args:
        comparisons: one a data set.
        choice: ``per_class`` adds a column ``iou_<class>`` for each class of any of the data sets.
    """
    if choice.significance:
        return exact_csv(
            {"dataset": one.dataset, **pair}
            for one in comparisons
            for pair in gap_rows(one.rows, one.gaps)
        )
    classes = dict.fromkeys(name for one in comparisons for name in one.classes)
    columns = [*COLUMNS, *(class_column(name) for name in classes if choice.per_class)]
    rows = []
    for one in comparisons:
        for row in one.rows:
            line: dict[str, Value] = {"dataset": one.dataset}
            for column in columns:
                line |= column.values(row)
            rows.append(line)
    if any(one.published is not None for one in comparisons):
        empty: dict[str, Value] = dict.fromkeys(rows[0], "") if rows else {}
        rows = [row | {"source": "", "comparable": "", "why": ""} for row in rows]
        rows += [empty | line for one in comparisons for line in _published_lines(one)]
    return exact_csv(rows)


def _published_lines(comparison: Comparison) -> list[dict[str, Value]]:
    if comparison.published is None:
        return []
    ranked, others = comparison.published
    return [
        {
            "dataset": comparison.dataset,
            "model": name_of(one),
            **{name: value for name, value in _scores_of(one).items() if value is not None},
            "source": one.source,
            "comparable": "no" if why else "yes",
            "why": why,
        }
        for one, why in (*((one, "") for one in ranked), *others)
    ]


def _scores_of(one: PublishedResult) -> dict[str, float | None]:
    """Its scores by the CSV column of ours."""
    return {
        "miou": one.miou,
        "pixel_accuracy": one.pixel_accuracy,
        "class_accuracy": one.class_accuracy,
        "fwiou": one.fwiou,
        "boundary_f1": one.bf,
    }


def exact_csv(rows: Iterable[Mapping[str, Value]]) -> str:
    """Rows with the same keys as CSV: each number reads back as it was, NaN is empty."""
    rows = list(rows)
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\n")
    if rows:
        lines.writerow(rows[0])
    lines.writerows([_exact(value) for value in row.values()] for row in rows)
    return written.getvalue()


def _exact(value: Value) -> Value:
    """The value, empty for NaN; the csv module writes a number so that it reads back equal."""
    return "" if isinstance(value, float) and math.isnan(value) else value


def _plain(value: Any) -> Any:
    """The same data with lists for tuples and None for NaN."""
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value

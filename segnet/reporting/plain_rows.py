"""A comparison for programs: full precision, as JSON and as CSV. No torch, no pandas."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from segnet.reporting.columns import COLUMNS, Value, class_column
from segnet.reporting.comparison import Comparison


def comparison_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """The rows as plain data for JSON: fractions of one, None for NaN, the IoU of each class."""
    return [_plain(dataclasses.asdict(row)) for row in comparison.rows]


def comparison_csv(comparisons: Sequence[Comparison], *, per_class: bool) -> str:
    """One line a data set, model and loss, under one heading. Fractions of one; NaN is empty.

    Args:
        comparisons: one a data set.
        per_class: add a column ``iou_<class>`` for each class of any of the data sets.
    """
    classes = dict.fromkeys(name for one in comparisons for name in one.classes)
    columns = [*COLUMNS, *(class_column(name) for name in classes if per_class)]
    rows = []
    for one in comparisons:
        for row in one.rows:
            line: dict[str, Value] = {"dataset": one.dataset}
            for column in columns:
                line |= column.values(row)
            rows.append(line)
    return exact_csv(rows)


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

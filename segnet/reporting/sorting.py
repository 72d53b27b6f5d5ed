"""The order of a comparison's rows. No torch."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

from segnet.errors import unknown
from segnet.reporting.column import Column, Value, class_column
from segnet.reporting.columns import COLUMNS
from segnet.reporting.comparison import Comparison
from segnet.reporting.seed_summary import ComparisonRow
from segnet.reporting.significance import number_rows


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
    column = _column(by, tuple(dict.fromkeys(name for one in comparisons for name in one.classes)))
    return tuple(
        dataclasses.replace(one, rows=number_rows(_sorted(one.rows, column), one.gaps))
        for one in comparisons
    )


def _column(by: str, classes: Sequence[str]) -> Column:
    columns = {name.lower(): column for column in COLUMNS for name in column.names}
    of_class = {name: class_column(name) for name in classes}
    for column in of_class.values():
        for name in column.names:
            columns.setdefault(name.lower(), column)
    if by.lower() not in columns:
        headings = dict.fromkeys(name for column in COLUMNS for name in column.names)
        raise unknown("column to sort by", by, (*headings, *classes))
    return columns[by.lower()]


def _sorted(rows: Sequence[ComparisonRow], column: Column) -> list[ComparisonRow]:
    values = {id(row): column.quantity(row) for row in rows}
    present = [row for row in rows if not _is_nan(values[id(row)])]
    absent = [row for row in rows if _is_nan(values[id(row)])]
    present.sort(key=lambda row: values[id(row)], reverse=not column.is_least_first)
    return [*present, *absent]


def _is_nan(value: Value) -> bool:
    return isinstance(value, float) and math.isnan(value)

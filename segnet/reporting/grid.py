"""The texts of a comparison in rows and columns, whatever they are printed as. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from segnet.reporting.column import Column, Entry, class_column, column_entries
from segnet.reporting.seed_summary import ComparisonRow

PER_CLASS = "IoU % of each class, mean over seeds"


class Grid(NamedTuple):
    """A table of plain texts: nothing in it is escaped yet."""

    headings: tuple[str, ...]
    lines: tuple[tuple[Entry, ...], ...]
    num_text_columns: int
    """That many columns from the left are words, the others numbers."""


def comparison_grid(rows: Sequence[ComparisonRow], columns: Sequence[Column]) -> Grid:
    """One line a model and loss, the best of each score marked.

    Args:
        rows: in the order to be shown.
        columns: those of words first.
    """
    entries = [column_entries(column, rows) for column in columns]
    return Grid(
        headings=tuple(column.heading for column in columns),
        lines=tuple(zip(*entries, strict=True)),
        num_text_columns=sum(column.is_text for column in columns),
    )


def per_class_grid(rows: Sequence[ComparisonRow], classes: Sequence[str]) -> Grid:
    """One line a class, one column a model and loss that is scored, the best of a class marked.

    Without `majority`, which gets no class but one.
    """
    rows = scored_rows(rows)
    return Grid(
        headings=("class", *(row.label for row in rows)),
        lines=tuple((Entry(name), *column_entries(class_column(name), rows)) for name in classes),
        num_text_columns=1,
    )


def scored_rows(rows: Sequence[ComparisonRow]) -> list[ComparisonRow]:
    """The rows of the per-class grid, in their order."""
    return [row for row in rows if row.seeds and row.model != "majority"]

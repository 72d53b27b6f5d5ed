"""The texts of a comparison in rows and columns, whatever they are printed as. No torch."""

from __future__ import annotations

from typing import NamedTuple

from segnet.reporting.columns import COLUMNS, Entry, class_column, column_entries
from segnet.reporting.comparison import Comparison
from segnet.reporting.seed_summary import ComparisonRow

PER_CLASS = "IoU % of each class, mean over seeds"


class Grid(NamedTuple):
    """A table of plain texts: nothing in it is escaped yet."""

    headings: tuple[str, ...]
    lines: tuple[tuple[Entry, ...], ...]
    num_text_columns: int
    """That many columns from the left are words, the others numbers."""


def comparison_grid(comparison: Comparison) -> Grid:
    """One line a model and loss, the best of each score marked."""
    columns = [column_entries(column, comparison.rows) for column in COLUMNS]
    return Grid(
        headings=tuple(column.heading for column in COLUMNS),
        lines=tuple(zip(*columns, strict=True)),
        num_text_columns=sum(column.is_text for column in COLUMNS),
    )


def per_class_grid(comparison: Comparison) -> Grid:
    """One line a class, one column a model and loss that is scored, the best of a class marked.

    Without `majority`, which gets no class but one.
    """
    rows = scored_rows(comparison)
    return Grid(
        headings=("class", *(row.label for row in rows)),
        lines=tuple(
            (Entry(name), *column_entries(class_column(name), rows)) for name in comparison.classes
        ),
        num_text_columns=1,
    )


def scored_rows(comparison: Comparison) -> list[ComparisonRow]:
    """The rows of the per-class grid, in the order of the comparison."""
    return [row for row in comparison.rows if row.seeds and row.model != "majority"]

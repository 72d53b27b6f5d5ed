"""A comparison as tables, in the order in which every format prints them. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segnet.reporting.columns import Column, class_column, default_columns, legend
from segnet.reporting.comparison import Comparison
from segnet.reporting.published_rows import RANKED_NOTE, others_table, ranked_table
from segnet.reporting.rows import ComparisonRow
from segnet.reporting.significance import pairs_table, remarks_on, signs_table
from segnet.reporting.table import Entry, Note, Table

PER_CLASS = "IoU % of each class, mean over seeds"


@dataclass(frozen=True)
class Choice:
    """What a comparison shows beside its rows."""

    columns: tuple[Column, ...] = ()
    """Of the main table; none is the default ones."""
    per_class: bool = False
    significance: bool = False


def comparison_tables(comparison: Comparison, choice: Choice) -> tuple[Table, ...]:
    """The table of the rows first, then what was asked for."""
    rows = comparison.rows
    columns = choice.columns or default_columns(rows)
    main = rows_table(rows, columns)
    notes = notes_about(columns, comparison)
    tables = [main.titled(comparison.protocol, legend(columns), *notes)]
    if choice.significance:
        tables += _significance(comparison)
    if choice.per_class and comparison.classes:
        tables.append(per_class_table(rows, comparison.classes).titled(PER_CLASS))
    if comparison.published is not None:
        tables += _published(comparison)
    return tuple(tables)


def notes_about(columns: Sequence[Column], comparison: Comparison) -> list[Note]:
    """The notes on the whole comparison, and those on these columns."""
    shown = {column.key for column in columns}
    return [note for note in comparison.notes if not note.about or shown & {*note.about}]


def rows_table(rows: Sequence[ComparisonRow], columns: Sequence[Column]) -> Table:
    """One line a model and loss, the best of each score marked.

    Args:
        rows: in the order to be shown.
        columns: those of words first.
    """
    entries = [column.entries(rows) for column in columns]
    return Table(
        headings=tuple(column.heading for column in columns),
        lines=tuple(zip(*entries, strict=True)),
        num_text_columns=sum(column.is_text for column in columns),
    )


def per_class_table(rows: Sequence[ComparisonRow], classes: Sequence[str]) -> Table:
    """One line a class, one column a model and loss that is scored, the best of a class marked.

    Without `majority`, which gets no class but one.
    """
    rows = [row for row in rows if row.seeds and row.model != "majority"]
    return Table(
        headings=("class", *(row.label for row in rows)),
        lines=tuple((Entry(name), *class_column(name).entries(rows)) for name in classes),
        num_text_columns=1,
    )


def _significance(comparison: Comparison) -> list[Table]:
    square = signs_table(comparison.rows, comparison.gaps)
    if not square.lines:
        return [EMPTY.titled("Differences of mIoU: none was tested; see the notes")]
    note = (
        ">: the row's mIoU is shown to be higher than the column's; <: lower; =: no difference "
        f"shown. All pairs hold together at 95 %.{remarks_on(comparison.gaps)}"
    )
    pairs = pairs_table(comparison.rows, comparison.gaps)
    return [
        square.titled("Differences of mIoU that are shown", note),
        pairs.titled("Differences of mIoU in points, each with its interval"),
    ]


def _published(comparison: Comparison) -> list[Table]:
    published = comparison.published
    if published is None or not (published.ranked or published.others):
        return [EMPTY.titled(f"Published values: none is known of {comparison.dataset}")]
    tables = []
    if published.ranked:
        ranked = ranked_table(comparison.rows, published)
        tables.append(ranked.titled("Beside published values that compare", RANKED_NOTE))
    if published.others:
        title = "Published values that do not compare with ours, not ranked"
        tables.append(others_table(published).titled(title))
    return tables


EMPTY = Table((), (), 0)

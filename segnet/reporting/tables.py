"""A comparison as a terminal table and as Markdown. No torch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from segnet.reporting.columns import COLUMNS
from segnet.reporting.columns import DASH as DASH
from segnet.reporting.columns import LEGEND as LEGEND
from segnet.reporting.columns import Entry as Entry
from segnet.reporting.comparison import Comparison
from segnet.reporting.grid import PER_CLASS, comparison_grid, per_class_grid

MODELS_ABREAST = 8
"""So many columns of numbers fit beside the classes into 100 columns of a terminal."""


def comparison_table(comparison: Comparison) -> Table:
    """The table for a terminal of 100 columns, with title, protocol and notes."""
    table = _empty_table([comparison.title, comparison.protocol], [LEGEND, *comparison.notes])
    for column in COLUMNS:
        table.add_column(
            column.heading,
            justify="left" if column.is_text else "right",
            no_wrap=not column.is_text,
            overflow="fold",
        )
    for entries in comparison_grid(comparison).lines:
        table.add_row(*(_styled(entry) for entry in entries))
    return table


def per_class_tables(comparison: Comparison) -> list[Table]:
    """IoU of each class (rows) of each model and loss (columns) for a terminal of 100 columns.

    More than eight models and losses are several tables.
    """
    grid = per_class_grid(comparison)
    tables = []
    for start in range(1, len(grid.headings), MODELS_ABREAST):
        shown = slice(start, start + MODELS_ABREAST)
        table = _empty_table([comparison.title, PER_CLASS], [])
        table.add_column("class", no_wrap=True)
        for label in grid.headings[shown]:
            table.add_column(escape(label.replace(" / ", "\n")), justify="right", overflow="fold")
        for name, *entries in ((line[0], *line[shown]) for line in grid.lines):
            table.add_row(escape(name.text), *(_styled(entry) for entry in entries))
        tables.append(table)
    return tables


def comparison_markdown(comparison: Comparison) -> str:
    """The same table as Markdown, without title and notes; the best of a column is bold."""
    grid = comparison_grid(comparison)
    return markdown_table(grid.headings, grid.lines, num_text_columns=grid.num_text_columns)


def per_class_markdown(comparison: Comparison) -> str:
    """IoU of each class (rows) of each model and loss (columns) as Markdown."""
    grid = per_class_grid(comparison)
    return markdown_table(grid.headings, grid.lines, num_text_columns=grid.num_text_columns)


def markdown_table(
    headings: Sequence[str], lines: Iterable[Sequence[Entry]], *, num_text_columns: int
) -> str:
    """A Markdown table; columns after the first ``num_text_columns`` are set flush right."""
    rules = ["---" if at < num_text_columns else "---:" for at in range(len(headings))]
    texts = [
        [f"**{_cell(entry.text)}**" if entry.is_best else _cell(entry.text) for entry in line]
        for line in lines
    ]
    names = [_cell(heading) for heading in headings]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (names, rules, *texts))


def _cell(text: str) -> str:
    """The text where a vertical line would begin the next cell."""
    return text.replace("|", "\\|")


def _styled(entry: Entry) -> Text:
    return Text(entry.text, style="bold" if entry.is_best else "")


def _empty_table(title: Sequence[str], caption: Sequence[str]) -> Table:
    return Table(
        title=escape("\n".join(title)),
        caption=escape("\n".join(caption)),
        title_justify="left",
        caption_justify="left",
        title_style="",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )

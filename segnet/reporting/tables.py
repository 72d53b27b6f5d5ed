"""Titled tables for a terminal and as Markdown. No torch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from segnet.reporting.column import Entry
from segnet.reporting.comparison import Comparison
from segnet.reporting.grid import Grid
from segnet.reporting.sections import Choice, titled_grids

WIDTH = 100
"""Columns of a terminal that every table fits."""

GAPS = (2, 1)
"""Blanks between two columns of a table; the fewer where only they let it fit."""

FOLDED = 10
"""Headings may be folded to this many columns."""

NAME = 13
"""Names of more columns than this are broken after ``_`` and ``-``."""


def terminal_parts(comparison: Comparison, choice: Choice) -> Iterator[Text | Table]:
    """What a terminal shows: title, and for each table its own title, the table and the notes."""
    yield Text(comparison.title, style="bold")
    for one in titled_grids(comparison, choice):
        yield Text(one.title)
        gap = _gap(one.grid)
        for part in split_grid(one.grid, gap=gap):
            yield _table(part, gap)
        if one.notes:
            yield Text("\n".join(one.notes))
        yield Text()


def split_grid(grid: Grid, width: int = WIDTH, *, gap: int = GAPS[0]) -> list[Grid]:
    """The grid in parts that fit so many columns, each with the columns of words."""
    keys = grid.num_text_columns
    room = width - sum(_width(grid, at) + gap for at in range(keys))
    parts: list[list[int]] = [[]]
    used = 0
    for at in range(keys, len(grid.headings)):
        needed = _width(grid, at) + gap
        if parts[-1] and used + needed > room:
            parts.append([])
            used = 0
        parts[-1].append(at)
        used += needed
    return [
        Grid(
            headings=tuple(grid.headings[at] for at in (*range(keys), *part)),
            lines=tuple(tuple(line[at] for at in (*range(keys), *part)) for line in grid.lines),
            num_text_columns=keys,
        )
        for part in parts
        if grid.headings
    ]


def markdown_grid(grid: Grid) -> str:
    """A Markdown table; the best of a column is bold."""
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


def _table(grid: Grid, gap: int) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, gap - 1, 0, 0), pad_edge=False)
    for at, heading in enumerate(grid.headings):
        is_text = at < grid.num_text_columns
        shown = heading if is_text else heading.replace(" / ", "\n")
        table.add_column(
            Text(shown),
            justify="left" if is_text else "right",
            no_wrap=not is_text and _heading_width(heading) <= FOLDED,
            overflow="fold",
        )
    for line in grid.lines:
        table.add_row(
            *(
                Text(
                    break_name(entry.text) if at < grid.num_text_columns else entry.text,
                    style="bold" if entry.is_best else "",
                )
                for at, entry in enumerate(line)
            )
        )
    return table


def break_name(name: str, width: int = NAME) -> str:
    """The name in lines of at most so many columns, where it has ``_`` or ``-`` to break after.

    What has blanks is left as it is: it breaks there.
    """
    lines = [""]
    for part in [name] if " " in name else re.split("(?<=[_-])", name):
        if lines[-1] and len(lines[-1] + part) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def _gap(grid: Grid) -> int:
    return next((gap for gap in GAPS if len(split_grid(grid, gap=gap)) == 1), GAPS[0])


def _width(grid: Grid, at: int) -> int:
    texts = [line[at].text for line in grid.lines]
    widest = max(map(len, texts), default=0)
    if at < grid.num_text_columns:
        parts = (part for text in texts for part in break_name(text).split("\n"))
        widest = min(NAME, max(map(len, parts), default=0))
    return max(widest, min(_heading_width(grid.headings[at]), FOLDED))


def _heading_width(heading: str) -> int:
    return max(len(line) for line in heading.split(" / "))

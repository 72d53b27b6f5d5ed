"""Tables for a terminal, in as many parts as it takes to fit it. No torch."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.table import Table as RichTable
from rich.text import Text

from segnet.reporting.comparison import Comparison
from segnet.reporting.comparison_tables import Choice, comparison_tables
from segnet.reporting.table import Table

WIDTH = 100
"""Columns of a terminal that every table fits."""

GAPS = (2, 1)
"""Blanks between two columns of a table; the fewer where only they let it fit."""

FOLDED = 10
"""Headings may be folded to this many columns."""

NAME = 13
"""Names of more columns than this are broken after ``_`` and ``-``."""


def terminal_parts(comparison: Comparison, choice: Choice) -> Iterator[Text | RichTable]:
    """What a terminal shows: title, and for each table its own title, the table and the notes."""
    yield Text(comparison.title, style="bold")
    for one in comparison_tables(comparison, choice):
        yield Text(one.title)
        gap = _gap(one)
        for part in split_table(one, gap=gap):
            yield _rich(part, gap)
        if one.notes:
            yield Text("\n".join(one.notes))
        yield Text()


def split_table(table: Table, width: int = WIDTH, *, gap: int = GAPS[0]) -> list[Table]:
    """The table in parts that fit so many columns, each with the columns of words."""
    keys = table.num_text_columns
    room = width - sum(_width(table, at) + gap for at in range(keys))
    parts: list[list[int]] = [[]]
    used = 0
    for at in range(keys, len(table.headings)):
        needed = _width(table, at) + gap
        if parts[-1] and used + needed > room:
            parts.append([])
            used = 0
        parts[-1].append(at)
        used += needed
    return [
        Table(
            headings=tuple(table.headings[at] for at in (*range(keys), *part)),
            lines=tuple(tuple(line[at] for at in (*range(keys), *part)) for line in table.lines),
            num_text_columns=keys,
        )
        for part in parts
        if table.headings
    ]


def _rich(table: Table, gap: int) -> RichTable:
    rich = RichTable(box=SIMPLE_HEAD, padding=(0, gap - 1, 0, 0), pad_edge=False)
    for at, heading in enumerate(table.headings):
        is_text = at < table.num_text_columns
        shown = heading if is_text else heading.replace(" / ", "\n")
        rich.add_column(
            Text(shown),
            justify="left" if is_text else "right",
            no_wrap=not is_text and _heading_width(heading) <= FOLDED,
            overflow="fold",
        )
    for line in table.lines:
        rich.add_row(
            *(
                Text(
                    break_name(entry.text) if at < table.num_text_columns else entry.text,
                    style="bold" if entry.is_best else "",
                )
                for at, entry in enumerate(line)
            )
        )
    return rich


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


def _gap(table: Table) -> int:
    return next((gap for gap in GAPS if len(split_table(table, gap=gap)) == 1), GAPS[0])


def _width(table: Table, at: int) -> int:
    texts = [line[at].text for line in table.lines]
    widest = max(map(len, texts), default=0)
    if at < table.num_text_columns:
        parts = (part for text in texts for part in break_name(text).split("\n"))
        widest = min(NAME, max(map(len, parts), default=0))
    return max(widest, min(_heading_width(table.headings[at]), FOLDED))


def _heading_width(heading: str) -> int:
    return max(len(line) for line in heading.split(" / "))

"""Tables for a terminal of any width, and for a file or a pipe as at a fixed one. No torch."""

from __future__ import annotations

import dataclasses
import io
import re
import sys
from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from segnet.reporting.columns import Column, default_columns
from segnet.reporting.comparison import Comparison
from segnet.reporting.comparison_tables import (
    Choice,
    comparison_tables,
    notes_about,
    rows_table,
)
from segnet.reporting.table import Table

WIDTH = 100
"""Columns of what goes to a file or a pipe, whatever terminal is beside it."""

GAPS = (2, 1)
"""Blanks between two columns of a table; the fewer where only they let it fit."""

FOLDED = 10
"""Headings may be folded to this many columns."""

NAME = 13
"""Names of more columns than this are broken after ``_`` and ``-``; no name gets fewer."""

LEFT_OUT_FIRST = (
    "multiply_adds",
    "parameters",
    "latency_ms",
    "last_miou",
    "class_accuracy",
    "pixel_accuracy",
    "boundary_f1",
    "seeds",
    "no_difference_shown",
    "miou_interval_low",
)
"""What a narrow terminal goes without, in this order; what names a row and its mIoU always stay."""

EXPLAINED = ("miou_interval_low", "no_difference_shown")
"""Columns that notes explain."""


def print_comparisons(
    comparisons: Sequence[Comparison], choice: Choice, *, with_notes: bool = True
) -> None:
    """Print comparisons for the width of the terminal, or as a file would hold them."""
    if sys.stdout.isatty():
        _print(Console(), comparisons, choice, with_notes=with_notes)
    else:
        sys.stdout.write(comparison_text(comparisons, choice, with_notes=with_notes))


def comparison_text(
    comparisons: Sequence[Comparison], choice: Choice, *, with_notes: bool = True
) -> str:
    """What a terminal shows, without colours, for a file or another program."""
    written = io.StringIO()
    console = Console(file=written, width=WIDTH, color_system=None)
    _print(console, comparisons, choice, with_notes=with_notes)
    return "".join(f"{line.rstrip()}\n" for line in written.getvalue().splitlines())


def _print(
    console: Console, comparisons: Sequence[Comparison], choice: Choice, *, with_notes: bool
) -> None:
    for one in comparisons:
        for part in terminal_parts(one, choice, width=console.width, with_notes=with_notes):
            console.print(part)


def terminal_parts(
    comparison: Comparison, choice: Choice, *, width: int = WIDTH, with_notes: bool = True
) -> Iterator[Text | RichTable]:
    """What a terminal shows: title, and for each table its own title, the table and the notes.

    Args:
        comparison: what is shown.
        choice: which columns and tables. Columns that are named are all shown, below each other
            where they do not fit; of the default ones a narrow terminal shows the most important.
        width: columns of the terminal.
        with_notes: whether lines below the tables explain them.
    """
    columns, left_out = (choice.columns, []) if choice.columns else fit(comparison, width)
    main, *others = comparison_tables(comparison, dataclasses.replace(choice, columns=columns))
    notes = brief_notes(comparison, columns)
    if left_out:
        headings = ", ".join(column.heading for column in left_out)
        notes.append(f"Left out at this width: {headings}. --all shows every column.")
    yield Text(comparison.title, style="bold")
    for one in (main._replace(notes=tuple(notes)), *others):
        yield Text(f"{one.title}\n")
        gap = _gap(one, width)
        for part in split_table(one, width, gap=gap):
            yield _rich(part, gap)
            yield Text()
        if one.notes and with_notes:
            yield Text("\n".join((*one.notes, "")))


def fit(comparison: Comparison, width: int) -> tuple[tuple[Column, ...], list[Column]]:
    """The default columns that fit so many columns of a terminal, and those that do not."""
    kept = default_columns(comparison.rows)
    left_out: list[Column] = []
    for key in LEFT_OUT_FIRST:
        table = rows_table(comparison.rows, kept)
        if len(split_table(table, width, gap=_gap(table, width))) == 1:
            break
        left_out += [column for column in kept if column.key == key]
        kept = tuple(column for column in kept if column.key != key)
    return kept, left_out


def brief_notes(comparison: Comparison, columns: Sequence[Column]) -> list[str]:
    """The legend of these columns and the notes on them, one line a fact."""
    said = [
        f"{one.heading}: {one.meaning}"
        for one in columns
        if one.meaning and one.key not in ("miou", *EXPLAINED)
    ]
    if any(row.is_blind for row in comparison.rows):
        said.append("majority, prior: predictors that never see an image")
    lines = ["Test scores in %, mean over seeds, of the checkpoint selected on validation."]
    lines += [f"{'; '.join(said)}."] if said else []
    return lines + [note.brief for note in notes_about(columns, comparison)]


def split_table(table: Table, width: int = WIDTH, *, gap: int = GAPS[0]) -> list[Table]:
    """The table in parts that fit so many columns, each with the columns of words."""
    keys = table.num_text_columns
    room = width + gap - sum(_width(table, at) + gap for at in range(keys))
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
    rich = RichTable(box=SIMPLE_HEAD, padding=(0, gap - 1, 0, 0), pad_edge=False, show_edge=False)
    for at, heading in enumerate(table.headings):
        is_text = at < table.num_text_columns
        shown = heading if is_text else heading.replace(" / ", "\n")
        rich.add_column(
            Text(shown),
            justify="left" if is_text else "right",
            width=None if is_text else _width(table, at),
            min_width=_width(table, at),
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


def _gap(table: Table, width: int) -> int:
    return next((gap for gap in GAPS if len(split_table(table, width, gap=gap)) == 1), GAPS[0])


def _width(table: Table, at: int) -> int:
    texts = [line[at].text for line in table.lines]
    widest = max(map(len, texts), default=0)
    if at < table.num_text_columns:
        parts = (part for text in texts for part in break_name(text).split("\n"))
        widest = min(NAME, max(map(len, parts), default=0))
    return max(widest, min(_heading_width(table.headings[at]), FOLDED))


def _heading_width(heading: str) -> int:
    return max(len(line) for line in heading.split(" / "))

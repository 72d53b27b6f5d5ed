"""Titled tables of plain texts, which every format renders, and numbers as texts. No torch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

DASH = "-"
"""The text of what a row does not have."""


class Entry(NamedTuple):
    """The text of one table cell."""

    text: str
    is_best: bool = False


class Note(str):
    """A sentence or two below a table, and the line that stands for it in a terminal."""

    brief: str
    """One line; the whole text where nothing shorter is given."""
    about: tuple[str, ...]
    """Keys of the columns that it explains; it is left out where none of them is shown."""

    def __new__(cls, text: str, *, brief: str = "", about: Sequence[str] = ()) -> Note:
        """The note with these words."""
        note = super().__new__(cls, text)
        note.brief, note.about = brief or text, tuple(about)
        return note


class Table(NamedTuple):
    """A table with the words around it: nothing in it is escaped yet."""

    headings: tuple[str, ...]
    lines: tuple[tuple[Entry, ...], ...]
    num_text_columns: int
    """That many columns from the left are words, the others numbers."""
    title: str = ""
    notes: tuple[str, ...] = ()

    def titled(self, title: str, *notes: str) -> Table:
        """The same table with a title, and notes below."""
        return self._replace(title=title, notes=notes)


def text_table(
    headings: Sequence[str], lines: Iterable[Sequence[str]], num_text_columns: int | None = None
) -> Table:
    """A table of texts of which none is the best; by default, all are words."""
    words = len(headings) if num_text_columns is None else num_text_columns
    return Table(tuple(headings), tuple(tuple(map(Entry, line)) for line in lines), words)


def percent(fraction: float, *, digits: int = 1) -> str:
    """``61.2`` for 0.612; a dash for NaN."""
    return DASH if math.isnan(fraction) else f"{100 * fraction:.{digits}f}"


def number_ranges(numbers: Iterable[int]) -> str:
    """``2-4,7`` for 2, 3, 4 and 7."""
    runs = []
    for _, run in groupby(enumerate(sorted(numbers)), key=lambda pair: pair[1] - pair[0]):
        first, *others = [number for _, number in run]
        runs.append(f"{first}-{others[-1]}" if others else str(first))
    return ",".join(runs)

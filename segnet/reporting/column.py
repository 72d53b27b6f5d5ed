"""What a column of a comparison is, and how its numbers are written. No torch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from segnet.reporting.seed_summary import ComparisonRow, Spread

DASH = "-"

Shown = Literal["always", "if any", "on request"]
"""Whether a table for people has a column: always, where a row has a value, or when it is named."""

Value = str | int | float
"""A name, a count, or a quantity, NaN where a row has none."""


class Entry(NamedTuple):
    """The text of one table cell."""

    text: str
    is_best: bool = False


def _nothing_more(row: ComparisonRow) -> Mapping[str, Value]:
    return {}


@dataclass(frozen=True)
class Column:
    """A column of the comparison.

    A table for people shows ``text`` under ``heading``; CSV has ``quantity`` under ``key``, and
    what ``more`` gives; rows are sorted by ``quantity``.
    """

    key: str
    heading: str
    quantity: Callable[[ComparisonRow], Value]
    """Full precision, in the unit of :class:`ComparisonRow`."""
    text: Callable[[ComparisonRow], str]
    more: Callable[[ComparisonRow], Mapping[str, Value]] = _nothing_more
    """Further CSV columns by name, the same names for every row."""
    meaning: str = ""
    """What the legend says of it."""
    shown: Shown = "always"
    is_score: bool = False
    """Whether the best value is set bold: the greatest, or the least if ``is_least_first``."""
    is_text: bool = False
    """Set flush left."""
    is_least_first: bool = False
    """The order when sorted by this column."""

    @property
    def names(self) -> tuple[str, str]:
        """What ``--sort`` calls the column: its heading without a unit, and its key."""
        return self.heading.removesuffix(" %").lower(), self.key

    def has_value(self, row: ComparisonRow) -> bool:
        """Whether the row has something to show in the column."""
        return self.text(row) != DASH

    def values(self, row: ComparisonRow) -> dict[str, Value]:
        """What CSV has of the column, by the name of the CSV column."""
        return {self.key: self.quantity(row), **self.more(row)}


def percent(fraction: float, *, digits: int = 1) -> str:
    """``61.2`` for 0.612; a dash for NaN."""
    return DASH if math.isnan(fraction) else f"{100 * fraction:.{digits}f}"


def mean_and_sd(score: Spread) -> str:
    """``61.23 ± 0.45`` in percent; the spread is left out where there is none."""
    mean = percent(score.mean, digits=2)
    return mean if math.isnan(score.sd) else f"{mean} ± {percent(score.sd, digits=2)}"


def name_column(
    heading: str, text: Callable[[ComparisonRow], str], name: Callable[[ComparisonRow], str]
) -> Column:
    """A column of words, sorted by the alphabet."""
    return Column(heading, heading, name, text, is_text=True, is_least_first=True)


def score_column(
    key: str,
    heading: str,
    score: Callable[[ComparisonRow], float],
    meaning: str = "",
    *,
    digits: int = 1,
    shown: Shown = "always",
    is_least_first: bool = False,
) -> Column:
    """A column of one score, in percent for people."""

    def text(row: ComparisonRow) -> str:
        return percent(score(row), digits=digits)

    return Column(
        key,
        heading,
        score,
        text,
        meaning=meaning,
        shown=shown,
        is_score=True,
        is_least_first=is_least_first,
    )


def number_column(
    key: str,
    heading: str,
    quantity: Callable[[ComparisonRow], float],
    text: Callable[[float], str],
    meaning: str = "",
    *,
    shown: Shown = "always",
    is_least_first: bool = False,
) -> Column:
    """A column of a quantity that is no score; a dash where a row has none."""

    def shown_text(row: ComparisonRow) -> str:
        value = quantity(row)
        return DASH if math.isnan(value) else text(value)

    return Column(
        key,
        heading,
        quantity,
        shown_text,
        meaning=meaning,
        shown=shown,
        is_least_first=is_least_first,
    )


def class_column(name: str) -> Column:
    """The IoU of one class, mean over seeds; NaN in a row that does not have the class."""

    def mean_iou(row: ComparisonRow) -> float:
        return row.iou[name].mean if name in row.iou else math.nan

    return score_column(f"iou_{name}", name, mean_iou)


def column_entries(column: Column, rows: Sequence[ComparisonRow]) -> list[Entry]:
    """The texts of a column; of a score, the best and those that read the same are marked.

    None is marked where fewer than two compete.
    """
    texts = [column.text(row) for row in rows]
    if not column.is_score:
        return [Entry(text) for text in texts]
    values = [float(column.quantity(row)) for row in rows]
    defined = [value for value in values if not math.isnan(value)]
    if len(defined) < 2:
        return [Entry(text) for text in texts]
    wanted = min(defined) if column.is_least_first else max(defined)
    best = texts[values.index(wanted)].split(" ")[0]
    return [Entry(text, text.split(" ")[0] == best) for text in texts]

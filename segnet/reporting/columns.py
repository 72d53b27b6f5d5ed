"""The columns of a comparison. Every format takes them from here: a new one is a line. No torch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from segnet.reporting.seed_summary import ComparisonRow, Spread

DASH = "-"

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
    is_score: bool = False
    """Whether the greatest value is set bold."""
    is_text: bool = False
    """Set flush left."""
    is_least_first: bool = False
    """The order when sorted by this column."""

    @property
    def names(self) -> tuple[str, str]:
        """What ``--sort`` calls the column: its heading without a unit, and its key."""
        return self.heading.removesuffix(" %").lower(), self.key

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
    key: str, heading: str, score: Callable[[ComparisonRow], float], *, digits: int = 1
) -> Column:
    """A column of one score, in percent for people."""

    def text(row: ComparisonRow) -> str:
        return percent(score(row), digits=digits)

    return Column(key, heading, score, text, is_score=True)


def class_column(name: str) -> Column:
    """The IoU of one class, mean over seeds; NaN in a row that does not have the class."""

    def mean_iou(row: ComparisonRow) -> float:
        return row.iou[name].mean if name in row.iou else math.nan

    return score_column(f"iou_{name}", name, mean_iou)


COLUMNS = (
    name_column("model", lambda row: row.model, lambda row: row.model),
    name_column("loss", lambda row: DASH if row.is_baseline else row.loss, lambda row: row.loss),
    Column(
        "seeds",
        "seeds",
        quantity=lambda row: len(row.seeds),
        text=lambda row: _seeds(row),
        more=lambda row: {"planned_seeds": row.planned_seeds},
    ),
    Column(
        "miou",
        "mIoU %",
        quantity=lambda row: row.miou.mean,
        text=lambda row: mean_and_sd(row.miou),
        more=lambda row: {
            "miou_sd": row.miou.sd,
            "miou_low": row.miou.low,
            "miou_high": row.miou.high,
            "classes_scored": " ".join(str(count) for count in row.classes_scored),
        },
        is_score=True,
    ),
    score_column("last_miou", "last", lambda row: row.last_miou, digits=2),
    score_column("pixel_accuracy", "G", lambda row: row.pixel_accuracy),
    score_column("class_accuracy", "C", lambda row: row.class_accuracy),
    score_column("fwiou", "fwIoU", lambda row: row.fwiou),
    Column(
        "parameters",
        "params",
        quantity=lambda row: row.parameters,
        text=lambda row: _millions(row.parameters),
        is_least_first=True,
    ),
    Column(
        "images_per_second",
        "img/s",
        quantity=lambda row: row.images_per_second,
        text=lambda row: _rate(row.images_per_second),
    ),
)

LEGEND = (
    "mIoU, G, C, fwIoU: test scores in percent of the checkpoint selected on validation, mean over "
    "seeds. last: mIoU of the last epoch. G: pixel accuracy. C: mean class accuracy. fwIoU: IoU "
    "weighted by class frequency. img/s: training images a second. majority, prior: predictors "
    "that look at no image."
)


def column_entries(column: Column, rows: Sequence[ComparisonRow]) -> list[Entry]:
    """The texts of a column; of a score, the greatest and those that read the same are marked.

    None is marked where fewer than two compete.
    """
    texts = [column.text(row) for row in rows]
    if not column.is_score:
        return [Entry(text) for text in texts]
    values = [float(column.quantity(row)) for row in rows]
    defined = [value for value in values if not math.isnan(value)]
    if len(defined) < 2:
        return [Entry(text) for text in texts]
    best = texts[values.index(max(defined))].split(" ")[0]
    return [Entry(text, text.split(" ")[0] == best) for text in texts]


def _seeds(row: ComparisonRow) -> str:
    """How many seeds are done, and of how many if some are not."""
    if row.is_baseline:
        return DASH if row.seeds else "missing"
    done = len(row.seeds)
    return str(done) if done == row.planned_seeds else f"{done} of {row.planned_seeds}"


def _millions(parameters: float) -> str:
    return DASH if math.isnan(parameters) else f"{parameters / 1e6:.2f} M"


def _rate(images_per_second: float) -> str:
    return DASH if math.isnan(images_per_second) else f"{images_per_second:.1f}"

"""The columns of a comparison. Every format takes them from here: a new one is a line. No torch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal

from segnet.errors import unknown
from segnet.reporting.rows import ComparisonRow, OverSeeds
from segnet.reporting.table import DASH, Entry, number_ranges, percent

Shown = Literal["always", "if any", "on request"]
"""Whether a table for people has a column: always, where a row has a value, or when it is named."""

Value = str | int | float
"""A name, a count, or a quantity, NaN where a row has none."""


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
    more: Callable[[ComparisonRow], Mapping[str, Value]] = lambda row: {}
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

    def values(self, row: ComparisonRow) -> dict[str, Value]:
        """What CSV has of the column, by the name of the CSV column."""
        return {self.key: self.quantity(row), **self.more(row)}

    def entries(self, rows: Sequence[ComparisonRow]) -> list[Entry]:
        """Its texts; of a score, the best and those that read the same are marked.

        None is marked where fewer than two compete.
        """
        texts = [self.text(row) for row in rows]
        values = [float(self.quantity(row)) for row in rows] if self.is_score else []
        defined = [value for value in values if not math.isnan(value)]
        if len(defined) < 2:
            return [Entry(text) for text in texts]
        wanted = min(defined) if self.is_least_first else max(defined)
        best = texts[values.index(wanted)].split(" ")[0]
        return [Entry(text, text.split(" ")[0] == best) for text in texts]


def mean_and_sd(score: OverSeeds) -> str:
    """``61.23 ± 0.45`` in percent; the spread is left out where there is none."""
    mean = percent(score.mean, digits=2)
    return mean if math.isnan(score.sd) else f"{mean} ± {percent(score.sd, digits=2)}"


def class_column(name: str) -> Column:
    """The IoU of one class, mean over seeds; NaN in a row that does not have the class."""

    def mean_iou(row: ComparisonRow) -> float:
        return row.iou[name].mean if name in row.iou else math.nan

    return Column(f"iou_{name}", name, mean_iou, lambda row: percent(mean_iou(row)), is_score=True)


def _words(name: str, text: Callable[[ComparisonRow], str]) -> Column:
    """A column of words, sorted by the alphabet."""
    return Column(name, name, attrgetter(name), text, is_text=True, is_least_first=True)


def _number(
    key: str, heading: str, form: Callable[[float], str], meaning: str = "", **kind: Any
) -> Column:
    """A column of the quantity that a row calls ``key``; a dash where a row has none."""

    def text(row: ComparisonRow) -> str:
        value = getattr(row, key)
        return DASH if math.isnan(value) else form(value)

    return Column(key, heading, attrgetter(key), text, meaning=meaning, **kind)


def _score(key: str, heading: str, meaning: str, **kind: Any) -> Column:
    """A column of a score, in percent for people."""
    return _number(key, heading, percent, meaning, is_score=True, **kind)


def _seeds(row: ComparisonRow) -> str:
    """How many seeds are done, and of how many if some are not."""
    if row.is_blind:
        return DASH if row.seeds else "missing"
    done = len(row.seeds)
    return str(done) if done == row.planned_seeds else f"{done} of {row.planned_seeds}"


def _interval(row: ComparisonRow) -> str:
    """``40.1-44.5`` in percent."""
    found = row.intervals.get("miou")
    return f"{percent(found.low)}-{percent(found.high)}" if found else DASH


def _ties(row: ComparisonRow) -> str:
    """``2-4,7``, or ``none``; a dash where nothing was tested."""
    return DASH if row.ties is None else number_ranges(row.ties) or "none"


IF_ANY: dict[str, Any] = {"shown": "if any"}
ON_REQUEST: dict[str, Any] = {"shown": "on request"}
LEAST: dict[str, Any] = {"is_least_first": True}

COLUMNS = (
    Column(
        "row",
        "#",
        quantity=attrgetter("number"),
        text=lambda row: str(row.number),
        is_text=True,
        is_least_first=True,
    ),
    _words("model", attrgetter("model")),
    _words("loss", lambda row: DASH if row.is_blind else row.loss),
    Column(
        "seeds",
        "seeds",
        quantity=lambda row: len(row.seeds),
        text=_seeds,
        more=lambda row: {"planned_seeds": row.planned_seeds},
    ),
    Column(
        "miou",
        "mIoU %",
        quantity=attrgetter("miou.mean"),
        text=lambda row: mean_and_sd(row.miou),
        meaning="mean over classes of the intersection over union",
        more=lambda row: {
            "miou_sd": row.miou.sd,
            "miou_low": row.miou.low,
            "miou_high": row.miou.high,
            "classes_scored": " ".join(str(count) for count in row.classes_scored),
        },
        is_score=True,
    ),
    Column(
        "miou_interval_low",
        "95 %",
        quantity=lambda row: row.interval("miou").low,
        text=_interval,
        more=lambda row: {
            "miou_interval_high": row.interval("miou").high,
            "miou_image_sd": row.interval("miou").image_sd,
        },
        meaning="interval of mIoU over test images",
        shown="if any",
    ),
    Column(
        "no_difference_shown",
        "ties",
        quantity=lambda row: " ".join(map(str, row.ties or ())),
        text=_ties,
        meaning="rows it cannot be told apart from by mIoU",
        shown="if any",
    ),
    _score("last_miou", "last", "mIoU of the last epoch"),
    _score("pixel_accuracy", "G", "pixel accuracy"),
    _score("class_accuracy", "C", "mean class accuracy"),
    _score("boundary_f1", "BF", "boundary F1 by the paper's rule"),
    _score("fwiou", "fwIoU", "IoU weighted by class frequency", **ON_REQUEST),
    _score("boundary_f1_script", "BFs", "boundary F1 by the released script's rule", **ON_REQUEST),
    _score("boundary_iou", "BIoU", "IoU of the bands along boundaries", **ON_REQUEST),
    _score("ece", "ECE", "expected calibration error, the least is best", **ON_REQUEST | LEAST),
    _number("parameters", "params", lambda value: f"{value / 1e6:.2f} M", **LEAST),
    _number(
        "multiply_adds",
        "GMACs",
        lambda value: f"{value / 1e9:.1f}",
        "10^9 multiply-adds of one image",
        **IF_ANY | LEAST,
    ),
    _number(
        "latency_ms",
        "ms",
        "{:.1f}".format,
        "latency of one image, the fastest of many passes",
        **IF_ANY | LEAST,
    ),
    _number(
        "peak_memory_mib",
        "MiB",
        "{:.0f}".format,
        "peak memory at inference",
        **ON_REQUEST | LEAST,
    ),
    _number(
        "images_per_second",
        "img/s",
        "{:.1f}".format,
        "training images a second of wall-clock time",
        **ON_REQUEST,
    ),
)
KEYS = tuple(column for column in COLUMNS if column.is_text)
"""What names a row; every table begins with them."""


def default_columns(rows: Sequence[ComparisonRow]) -> tuple[Column, ...]:
    """The columns of a table for people where none are named; they fit a terminal."""
    return tuple(
        column
        for column in COLUMNS
        if column.shown == "always"
        or (column.shown == "if any" and any(column.text(row) != DASH for row in rows))
    )


def choose_columns(names: Sequence[str]) -> tuple[Column, ...]:
    """The columns that are named by heading or key, behind those that name a row.

    Raises:
        UserError: if there is no such column.
    """
    by_name = {name.lower(): column for column in COLUMNS for name in column.names}
    for name in names:
        if name.lower() not in by_name:
            raise unknown("column", name, dict.fromkeys(one.names[0] for one in COLUMNS))
    return tuple(dict.fromkeys((*KEYS, *(by_name[name.lower()] for name in names))))


def legend(columns: Sequence[Column]) -> str:
    """What the headings mean."""
    said = [f"{one.heading}: {one.meaning}" for one in columns if one.meaning]
    return (
        "Test scores in percent of the checkpoint selected on validation, mean over seeds. "
        f"{'; '.join(said)}. majority, prior: predictors that never see an image."
    )

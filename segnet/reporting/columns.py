"""The columns of a comparison. Every format takes them from here: a new one is a line. No torch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from segnet.errors import unknown
from segnet.reporting.column import (
    DASH,
    Column,
    mean_and_sd,
    name_column,
    number_column,
    percent,
    score_column,
)
from segnet.reporting.seed_summary import ComparisonRow


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
    if row.ties is None:
        return DASH
    return number_ranges(row.ties) or "none"


def number_ranges(numbers: Iterable[int]) -> str:
    """``2-4,7`` for 2, 3, 4 and 7."""
    runs = []
    for _, run in groupby(enumerate(sorted(numbers)), key=lambda pair: pair[1] - pair[0]):
        first, *others = [number for _, number in run]
        runs.append(f"{first}-{others[-1]}" if others else str(first))
    return ",".join(runs)


COLUMNS = (
    Column(
        "row",
        "#",
        quantity=lambda row: row.number,
        text=lambda row: str(row.number),
        is_text=True,
        is_least_first=True,
    ),
    name_column("model", lambda row: row.model, lambda row: row.model),
    name_column("loss", lambda row: DASH if row.is_blind else row.loss, lambda row: row.loss),
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
        quantity=lambda row: row.miou.mean,
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
        "= row",
        quantity=lambda row: " ".join(map(str, row.ties or ())),
        text=_ties,
        meaning="rows to which no difference of mIoU is shown",
        shown="if any",
    ),
    score_column("last_miou", "last", lambda row: row.last_miou, "mIoU of the last epoch"),
    score_column("pixel_accuracy", "G", lambda row: row.pixel_accuracy, "pixel accuracy"),
    score_column("class_accuracy", "C", lambda row: row.class_accuracy, "mean class accuracy"),
    score_column(
        "boundary_f1", "BF", lambda row: row.boundary_f1, "boundary F1 by the paper's rule"
    ),
    score_column(
        "fwiou",
        "fwIoU",
        lambda row: row.fwiou,
        "IoU weighted by class frequency",
        shown="on request",
    ),
    score_column(
        "boundary_f1_script",
        "BFs",
        lambda row: row.boundary_f1_script,
        "boundary F1 by the released script's rule",
        shown="on request",
    ),
    score_column(
        "boundary_iou",
        "BIoU",
        lambda row: row.boundary_iou,
        "IoU of the bands along boundaries",
        shown="on request",
    ),
    score_column(
        "ece",
        "ECE",
        lambda row: row.ece,
        "expected calibration error, the least is best",
        shown="on request",
        is_least_first=True,
    ),
    number_column(
        "parameters",
        "params",
        lambda row: row.parameters,
        lambda value: f"{value / 1e6:.2f} M",
        is_least_first=True,
    ),
    number_column(
        "multiply_adds",
        "GMACs",
        lambda row: row.multiply_adds,
        lambda value: f"{value / 1e9:.1f}",
        "10^9 multiply-adds of one image",
        shown="if any",
        is_least_first=True,
    ),
    number_column(
        "latency_ms",
        "ms",
        lambda row: row.latency_ms,
        lambda value: f"{value:.1f}",
        "latency of one image, the fastest of many passes",
        shown="if any",
        is_least_first=True,
    ),
    number_column(
        "peak_memory_mib",
        "MiB",
        lambda row: row.peak_memory_mib,
        lambda value: f"{value:.0f}",
        "peak memory at inference",
        shown="on request",
        is_least_first=True,
    ),
    number_column(
        "images_per_second",
        "img/s",
        lambda row: row.images_per_second,
        lambda value: f"{value:.1f}",
        "training images a second of wall-clock time",
        shown="on request",
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
        or (column.shown == "if any" and any(column.has_value(row) for row in rows))
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
        f"{'; '.join(said)}. majority, prior: predictors that look at no image."
    )

"""Figures of mIoU with its intervals: the ranking, and what it costs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from segnet.reporting.figure_style import STYLE, Look
from segnet.reporting.seed_summary import ComparisonRow

BLIND_LOOK = Look("#8A8A8A", "-", "o")
Looks = Mapping[tuple[str, str], Look]


def ranking(rows: Sequence[ComparisonRow], looks: Looks, *, title: str) -> Figure:
    """MIoU of each row, best first: the mark is the mean over seeds.

    The line is the 95 % interval over test images; small points are single seeds' extremes.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.6, 1.2 + 0.3 * len(rows)), layout="constrained")
        axes = figure.subplots()
        axes.set_title(title)
        for place, row in enumerate(rows):
            look = _look(row, looks)
            interval = row.interval("miou")
            if not math.isnan(interval.low):
                ends = (100 * interval.low, 100 * interval.high)
                axes.hlines(place, *ends, color=look.color, linewidth=2)
            if len(row.seeds) > 1:
                ends = (100 * row.miou.low, 100 * row.miou.high)
                axes.plot(ends, (place, place), ".", markersize=4, color=look.color)
            axes.plot(100 * row.miou.mean, place, look.marker, markersize=6, color=look.color)
        axes.set_yticks(range(len(rows)), [f"{row.number}  {row.label}" for row in rows])
        axes.grid(visible=False, axis="y")
        axes.set(xlabel="test mIoU, %", xlim=(0, None), ylim=(len(rows) - 0.5, -0.5))
    return figure


def cost_against_score(rows: Sequence[ComparisonRow], looks: Looks, *, title: str) -> Figure:
    """MIoU against multiply-adds and latency; lines are 95 % intervals.

    Where a row was not measured: against parameters and training images a second.
    """
    costs: tuple[tuple[str, Callable[[ComparisonRow], float]], ...] = (
        ("GMACs of one image", lambda row: row.multiply_adds / 1e9),
        ("latency of one image, ms", lambda row: row.latency_ms),
    )
    if any(math.isnan(row.multiply_adds) for row in rows):
        costs = (
            ("million parameters", lambda row: row.parameters / 1e6),
            ("training images a second", lambda row: row.images_per_second),
        )
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.6, 3.9), layout="constrained")
        figure.suptitle(title, fontsize=10)
        left, right = figure.subplots(1, 2, sharey=True)
        for axes, (label, quantity) in zip((left, right), costs, strict=True):
            _scatter(axes, rows, quantity, looks)
            axes.set(xlabel=label, xlim=(0, None))
        left.set(ylabel="test mIoU, %")
        handles, labels = left.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return figure


def _scatter(
    axes: Axes,
    rows: Sequence[ComparisonRow],
    quantity: Callable[[ComparisonRow], float],
    looks: Looks,
) -> None:
    for row in rows:
        look = _look(row, looks)
        score, interval = 100 * row.miou.mean, row.interval("miou")
        style: Any = {"color": look.color, "marker": look.marker, "linestyle": "none"}
        if not math.isnan(interval.low):
            ends = (100 * interval.low, 100 * interval.high)
            axes.vlines(quantity(row), *ends, color=look.color, linewidth=1.2)
        axes.plot(quantity(row), score, label=row.label, markersize=6, **style)


def _look(row: ComparisonRow, looks: Looks) -> Look:
    return looks.get((row.model, row.loss), BLIND_LOOK)

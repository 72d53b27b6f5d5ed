"""Figures of scores: the ranking, what it costs, single classes, and confusions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from jaxtyping import Float64, Int64
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from segnet.reporting.figure_style import PICTURE_STYLE, PRIOR_COLOR, STYLE, Look
from segnet.reporting.rows import ComparisonRow

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


def per_class_iou(
    rows: Sequence[ComparisonRow],
    classes: Sequence[str],
    looks: Looks,
    *,
    prior: ComparisonRow | None,
    title: str,
) -> Figure:
    """Test IoU of each class: a mark a model and loss, a line from the worst to the best seed.

    A grey bar reaches to the IoU of ``prior``, which never sees an image.
    """
    with mpl.rc_context(STYLE):
        height = 1.5 + len(classes) * max(0.3, 0.11 * len(rows))
        figure = Figure(figsize=(8.6, height), layout="constrained")
        axes = figure.subplots()
        axes.set_title(title)
        places = np.arange(len(classes))
        if prior is not None:
            values = [100 * prior.iou[name].mean for name in classes]
            label = f"{prior.model} (never sees an image)"
            axes.barh(places, np.nan_to_num(values), height=0.72, color=PRIOR_COLOR, label=label)
        for at, row in enumerate(rows):
            offset = 0.0 if len(rows) == 1 else 0.56 * (at / (len(rows) - 1) - 0.5)
            scores = [row.iou[name] for name in classes]
            look = looks[row.model, row.loss]
            axes.hlines(
                places + offset,
                [100 * score.low for score in scores],
                [100 * score.high for score in scores],
                color=look.color,
                linewidth=1.6,
            )
            axes.plot(
                [100 * score.mean for score in scores],
                places + offset,
                linestyle="none",
                marker=look.marker,
                markersize=5,
                color=look.color,
                label=f"{row.label} (mIoU {100 * row.miou.mean:.1f})",
            )
        axes.set_yticks(places, classes)
        axes.grid(visible=False, axis="y")
        axes.set(xlabel="test IoU, %", xlim=(0, 100), ylim=(len(classes) - 0.5, -0.5))
        figure.legend(loc="outside lower center", ncols=3)
    return figure


def class_heat_map(rows: Sequence[ComparisonRow], classes: Sequence[str], *, title: str) -> Figure:
    """Test IoU in percent of each class (columns) for each row, mean over seeds.

    A square without a number: the class is neither in the labels nor predicted.
    """
    values = np.array([[100 * row.iou[name].mean for name in classes] for row in rows])
    size = (2.4 + 0.55 * len(classes), 1.2 + 0.32 * len(rows))
    labels = [row.label for row in rows]

    def text(value: float) -> str:
        return "" if math.isnan(value) else f"{value:.0f}"

    return _shaded(
        values, labels, classes, text, size=size, aspect="auto", title=title, fontsize=8.0
    )


def confusion_matrix(
    counts: Int64[np.ndarray, "k k"], classes: Sequence[str], *, title: str
) -> Figure:
    """Of the pixels of each true class (rows), the share in percent that got each prediction.

    A class that never occurs in the truth has an empty row.
    """
    totals = counts.sum(1, keepdims=True)
    shares = 100 * counts / np.where(totals, totals, 1)
    labels = [
        name if total else f"{name} (never true)"
        for name, total in zip(classes, totals[:, 0], strict=True)
    ]
    side = max(3.6, 1.9 + 0.46 * len(classes))

    def text(share: float) -> str:
        return f"{share:.0f}" if share >= 0.95 else f"{share:.1f}" if share >= 0.05 else ""

    figure = _shaded(
        shares,
        labels,
        classes,
        text,
        size=(side + 0.6, side),
        aspect="equal",
        title=title,
        fontsize=7.5,
    )
    figure.axes[0].set(xlabel="predicted, % of the true pixels", ylabel="true class")
    return figure


def _shaded(
    percents: Float64[np.ndarray, "lines columns"],
    lines: Sequence[str],
    columns: Sequence[str],
    text: Callable[[float], str],
    *,
    size: tuple[float, float],
    aspect: Literal["auto", "equal"],
    title: str,
    fontsize: float,
) -> Figure:
    """Squares that are the darker the more percent they stand for, with their texts."""
    with mpl.rc_context(PICTURE_STYLE):
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots()
        axes.set_title(title)
        axes.imshow(percents, cmap="Blues", vmin=0, vmax=100, aspect=aspect)
        for (line, column), value in np.ndenumerate(percents):
            if shown := text(value):
                color = "white" if value > 55 else "black"
                style: Any = {"ha": "center", "va": "center", "fontsize": fontsize, "color": color}
                axes.text(column, line, shown, **style)
        axes.set_xticks(range(len(columns)), columns, rotation=45, ha="right")
        axes.set_yticks(range(len(lines)), lines)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    return figure

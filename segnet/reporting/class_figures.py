"""Figures of single classes: IoU by class, as marks and as a heat map, and confusions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from jaxtyping import Int64
from matplotlib.figure import Figure

from segnet.reporting.figure_style import PICTURE_STYLE, PRIOR_COLOR, STYLE, Look
from segnet.reporting.seed_summary import ComparisonRow


def per_class_iou(
    rows: Sequence[ComparisonRow],
    classes: Sequence[str],
    looks: Mapping[tuple[str, str], Look],
    *,
    prior: ComparisonRow | None,
    title: str,
) -> Figure:
    """Test IoU of each class: a mark a model and loss, a line from the worst to the best seed.

    A grey bar reaches to the IoU of ``prior``, which looks at no image.
    """
    with mpl.rc_context(STYLE):
        height = 1.5 + len(classes) * max(0.3, 0.11 * len(rows))
        figure = Figure(figsize=(8.6, height), layout="constrained")
        axes = figure.subplots()
        axes.set_title(title)
        places = np.arange(len(classes))
        if prior is not None:
            values = [100 * prior.iou[name].mean for name in classes]
            label = f"{prior.model} (looks at no image)"
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
    with mpl.rc_context(PICTURE_STYLE):
        size = (2.4 + 0.55 * len(classes), 1.2 + 0.32 * len(rows))
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots()
        axes.set_title(title)
        axes.imshow(values, cmap="Blues", vmin=0, vmax=100, aspect="auto")
        for (line, column), value in np.ndenumerate(values):
            if not np.isnan(value):
                color = "white" if value > 55 else "black"
                text = f"{value:.0f}"
                axes.text(column, line, text, ha="center", va="center", fontsize=8, color=color)
        axes.set_xticks(range(len(classes)), classes, rotation=45, ha="right")
        axes.set_yticks(range(len(rows)), [row.label for row in rows])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    return figure


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
    with mpl.rc_context(PICTURE_STYLE):
        figure = Figure(figsize=(side + 0.6, side), layout="constrained")
        axes = figure.subplots()
        axes.set_title(title)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=100)
        for (row, column), share in np.ndenumerate(shares):
            if totals[row] and share >= 0.05:
                text = f"{share:.0f}" if share >= 0.95 else f"{share:.1f}"
                color = "white" if share > 55 else "black"
                axes.text(column, row, text, ha="center", va="center", fontsize=7.5, color=color)
        axes.set_xticks(range(len(classes)), classes, rotation=45, ha="right")
        axes.set_yticks(range(len(classes)), labels)
        axes.set(xlabel="predicted, % of the true pixels", ylabel="true class")
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    return figure

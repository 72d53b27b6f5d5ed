"""The figures of a report. The one module with matplotlib. Equal inputs give equal bytes."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from jaxtyping import Int64
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from segnet.reporting.examples import Example
from segnet.reporting.figure_style import (
    BASELINE_COLOR,
    DOTS_PER_INCH,
    PICTURE_STYLE,
    STYLE,
    Look,
)
from segnet.reporting.seed_summary import ComparisonRow
from segnet.results import Epoch
from segnet.taxonomy import IGNORE_COLOR, Taxonomy

INCHES_A_LETTER = 0.075
"""Of the headings over a grid of pictures, rather too much than too little."""


@dataclass(frozen=True)
class Curves:
    """The histories of one model and loss."""

    model: str
    loss: str
    by_seed: Mapping[int, Sequence[Epoch]]


def training_curves(
    curves: Sequence[Curves], looks: Mapping[tuple[str, str], Look], *, title: str
) -> Figure:
    """Training loss and validation mIoU by epoch.

    Single seeds are thin, their mean is thick; validation points are joined across epochs that were
    not validated.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.6, 3.7), layout="constrained")
        figure.suptitle(title, fontsize=10)
        left, right = figure.subplots(1, 2, sharex=True)
        handles = []
        for one in curves:
            look = looks[one.model, one.loss]
            style: Any = {"color": look.color, "linestyle": look.dash}
            _draw_seeds(
                left, [_points(epochs, "train_loss") for epochs in one.by_seed.values()], style
            )
            scores = [_points(epochs, "val_miou") for epochs in one.by_seed.values()]
            _draw_seeds(right, [(epochs, 100 * values) for epochs, values in scores], style)
            handles.append(
                Line2D([], [], linewidth=1.8, label=f"{one.model} / {one.loss}", **style)
            )
        left.set(xlabel="epoch", ylabel="training loss")
        right.set(xlabel="epoch", ylabel="validation mIoU, %", ylim=(0, None))
        left.xaxis.get_major_locator().set_params(integer=True)
        figure.legend(handles=handles, loc="outside lower center", ncols=min(4, len(handles)))
    return figure


def per_class_iou(
    rows: Sequence[ComparisonRow],
    classes: Sequence[str],
    looks: Mapping[tuple[str, str], Look],
    *,
    baseline: ComparisonRow | None,
    title: str,
) -> Figure:
    """Test IoU of each class: a mark a model and loss, a line from the worst to the best seed.

    A grey bar reaches to the IoU of ``baseline``, which looks at no image.
    """
    with mpl.rc_context(STYLE):
        height = 1.5 + len(classes) * max(0.3, 0.11 * len(rows))
        figure = Figure(figsize=(8.6, height), layout="constrained")
        axes = figure.subplots()
        axes.set_title(title)
        places = np.arange(len(classes))
        if baseline is not None:
            values = [100 * baseline.iou[name].mean for name in classes]
            label = f"{baseline.model} (looks at no image)"
            axes.barh(places, np.nan_to_num(values), height=0.72, color=BASELINE_COLOR, label=label)
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


def prediction_grid(examples: Sequence[Example], taxonomy: Taxonomy, *, title: str) -> Figure:
    """Image, truth and each model's prediction, one row an example, the class colours below.

    Truth that is not scored (void) is black; predictions are shown there too.
    """
    columns = ["image", "truth", *examples[0].predicted]
    sizes = [one.truth.shape for one in examples]
    aspect = float(np.median([height / width for height, width in sizes]))
    tile_width = min(2.2, 10.5 / len(columns))
    legend_rows = math.ceil((taxonomy.num_classes + 1) / 6)
    height = len(examples) * (tile_width * aspect + 0.06) + 0.9 + 0.2 * legend_rows
    with mpl.rc_context(PICTURE_STYLE):
        close = ConstrainedLayoutEngine(w_pad=0.02, h_pad=0.02, wspace=0, hspace=0)
        figure = Figure(figsize=(tile_width * len(columns) + 1.5, height), layout=close)
        figure.suptitle(title, fontsize=10)
        grid = figure.subplots(len(examples), len(columns), squeeze=False)
        for row, example in zip(grid, examples, strict=True):
            predicted = [taxonomy.colorize(mask) for mask in example.predicted.values()]
            pictures = [example.image, taxonomy.colorize(example.truth), *predicted]
            for axes, picture in zip(row, pictures, strict=True):
                axes.imshow(picture)
                axes.set(xticks=[], yticks=[])
                axes.spines[:].set_visible(False)
            caption = f"{example.kind}\n{example.name}\nmIoU {100 * example.miou:.1f}"
            row[0].set_ylabel(caption, rotation=0, ha="right", va="center", fontsize=8)
        for axes, heading in zip(grid[0], columns, strict=True):
            axes.set_title(_wrapped(heading, round(tile_width / INCHES_A_LETTER)), fontsize=9)
        figure.legend(handles=_class_patches(taxonomy), loc="outside lower center", ncols=6)
    return figure


def _wrapped(text: str, width: int) -> str:
    """The text in lines of at most ``width`` letters, also broken after underscores."""
    lines = []
    for line in text.split("\n"):
        lines.append("")
        for word in re.split(r"(?<=[_ ])", line):
            if lines[-1] and len(lines[-1]) + len(word.rstrip()) > width:
                lines.append("")
            lines[-1] += word
    return "\n".join(line.rstrip() for line in lines)


def save_figure(figure: Figure, path: Path) -> Path:
    """Write a PNG without the date and the version of matplotlib in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(
        path,
        format="png",
        dpi=DOTS_PER_INCH,
        bbox_inches="tight",
        pad_inches=0.08,
        metadata={"Software": None},
    )
    return path


def _points(epochs: Sequence[Epoch], field: str) -> tuple[Any, Any]:
    """Epochs and values of one field, without the NaN."""
    pairs = [(one.epoch, value) for one in epochs if not math.isnan(value := getattr(one, field))]
    return np.array([epoch for epoch, _ in pairs]), np.array([value for _, value in pairs])


def _draw_seeds(axes: Axes, series: Sequence[tuple[Any, Any]], style: Any) -> None:
    """Thin lines for the seeds, a thick one for their mean where all have the same epochs."""
    same_epochs = all(np.array_equal(epochs, series[0][0]) for epochs, _ in series)
    if len(series) > 1 or not same_epochs:
        for epochs, values in series:
            axes.plot(epochs, values, linewidth=0.7, alpha=0.4, **style)
    if same_epochs:
        epochs = series[0][0]
        mean = np.mean([values for _, values in series], axis=0)
        marker = "o" if len(epochs) == 1 else ""  # a line of one point would not show
        axes.plot(epochs, mean, linewidth=1.8, marker=marker, **style)


def _class_patches(taxonomy: Taxonomy) -> list[Patch]:
    """A patch in the colour of each class, and one for void."""
    names = (*taxonomy.names, "void (not scored)")
    colors = (*taxonomy.colors, IGNORE_COLOR)
    return [
        Patch(facecolor=f"#{bytes(color).hex()}", edgecolor="#888888", label=name)
        for name, color in zip(names, colors, strict=True)
    ]

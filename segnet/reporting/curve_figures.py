"""Figures of how training went, and of a learning-rate range test. Equal inputs, equal bytes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from segnet.reporting.figure_style import PALETTE, STYLE, Look


@dataclass(frozen=True)
class Curves:
    """The histories of one model and loss."""

    model: str
    loss: str
    by_seed: Mapping[int, Sequence[Mapping[str, float]]]


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


def _points(epochs: Sequence[Mapping[str, float]], column: str) -> tuple[Any, Any]:
    """Epochs and values of one column, without the NaN."""
    pairs = [(one["epoch"], value) for one in epochs if not math.isnan(value := one[column])]
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


def learning_rate_curve(
    learning_rates: Sequence[float],
    losses: Sequence[float],
    smoothed_losses: Sequence[float],
    *,
    suggestion: float,
    title: str,
) -> Figure:
    """Loss by learning rate, each batch thin and smoothed thick; the suggestion is marked.

    The losses' axis ends where the smoothed loss does, so that one wild batch flattens nothing. A
    suggestion that is NaN is not drawn.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(6.4, 3.7), layout="constrained")
        axes = figure.subplots()
        axes.set_title(title)
        color, mark = PALETTE[:2]
        axes.plot(learning_rates, losses, color=color, linewidth=0.7, alpha=0.4, label="batch")
        axes.plot(learning_rates, smoothed_losses, color=color, linewidth=1.8, label="smoothed")
        if not math.isnan(suggestion):
            label = f"suggestion {suggestion:.1e}"
            axes.axvline(suggestion, color=mark, linestyle="--", label=label)
        axes.set(xscale="log", xlabel="learning rate", ylabel="training loss")
        axes.set_ylim(0, 1.05 * max(smoothed_losses))
        figure.legend(loc="outside lower center", ncols=3)
    return figure

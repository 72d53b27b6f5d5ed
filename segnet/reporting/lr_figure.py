"""The figure of a learning-rate range test."""

from __future__ import annotations

import math
from collections.abc import Sequence

import matplotlib as mpl
from matplotlib.figure import Figure

from segnet.reporting.figure_style import PALETTE, STYLE


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

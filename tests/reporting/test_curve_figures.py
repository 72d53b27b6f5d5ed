from __future__ import annotations

import math

import pytest

from segnet.reporting.curve_figures import learning_rate_curve

RATES, LOSSES, SMOOTHED = (1e-3, 1e-2, 1e-1), (2.0, 1.0, 90.0), (2.0, 1.4, 8.0)


def test_figure_shows_losses_smoothed_losses_and_the_suggestion() -> None:
    figure = learning_rate_curve(RATES, LOSSES, SMOOTHED, suggestion=1e-3, title="streets")
    (axes,) = figure.axes
    batch, smoothed, mark = axes.lines
    assert axes.get_xscale() == "log"
    assert list(batch.get_xdata()) == list(smoothed.get_xdata()) == list(RATES)
    assert list(batch.get_ydata()) == list(LOSSES)
    assert list(smoothed.get_ydata()) == list(SMOOTHED)
    assert list(mark.get_xdata()) == [1e-3, 1e-3]
    assert axes.get_ylim()[1] == pytest.approx(8.4)


def test_no_suggestion_is_not_drawn() -> None:
    figure = learning_rate_curve(RATES, LOSSES, SMOOTHED, suggestion=math.nan, title="streets")
    assert len(figure.axes[0].lines) == 2

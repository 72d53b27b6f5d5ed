"""Colours, dashes and marks of the figures: a model and loss look alike in all of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#8C6D1F")
"""Okabe and Ito's colours, which the colour-blind can tell apart; brown stands for their yellow."""

DASHES = ("-", "--", ":", "-.")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
PRIOR_COLOR = "#D5D5D5"
GRID_COLOR = "#DDDDDD"
DOTS_PER_INCH = 110
STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": GRID_COLOR,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
}
PICTURE_STYLE: Any = STYLE | {"axes.grid": False}


class Look(NamedTuple):
    """How a model and loss are drawn."""

    color: str
    dash: str
    marker: str


def assign_looks(names: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Look]:
    """A look for each model and loss: colour by model, dash and mark by loss.

    Colours repeat after eight models, with other marks and dashes.

    Args:
        names: model and loss; the order decides the look.
    """
    pairs = list(names)
    models = list(dict.fromkeys(model for model, _ in pairs))
    losses = list(dict.fromkeys(loss for _, loss in pairs))
    looks = {}
    for model, loss in pairs:
        lap, color = divmod(models.index(model), len(PALETTE))
        shape = losses.index(loss) + lap * len(losses)
        looks[model, loss] = Look(
            PALETTE[color], DASHES[shape % len(DASHES)], MARKERS[shape % len(MARKERS)]
        )
    return looks

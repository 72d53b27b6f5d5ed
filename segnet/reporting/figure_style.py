"""The look of the figures, the same in all of them for a model and loss, and how they are saved."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib.figure import Figure

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
PAGE_COLORS = {
    "#000000": "currentColor",
    GRID_COLOR.lower(): "var(--line)",
    PRIOR_COLOR.lower(): "var(--bar)",
}
"""What the page colours, so that a drawing can be read on light and on dark."""


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


def svg_text(figure: Figure, *, name: str) -> str:
    """The figure as an ``<svg>`` element for a page that has the colours of :data:`PAGE_COLORS`.

    Args:
        figure: drawn without a background.
        name: a name that no other drawing of the page has, because ids are made from it.
    """
    written = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(
            written,
            format="svg",
            transparent=True,
            bbox_inches="tight",
            pad_inches=0.08,
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        )
    text = written.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r' id="(?![mp][0-9a-f]{10})[^"]*"', "", text)
    for color, of_page in PAGE_COLORS.items():
        text = text.replace(color, of_page)
    return text

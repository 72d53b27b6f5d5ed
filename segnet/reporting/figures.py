"""A figure as a file, or as a drawing inside a page. Equal figures give equal bytes."""

from __future__ import annotations

import io
import re
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from segnet.reporting.figure_style import DOTS_PER_INCH, GRID_COLOR, PRIOR_COLOR

PAGE_COLORS = {
    "#000000": "currentColor",
    GRID_COLOR.lower(): "var(--line)",
    PRIOR_COLOR.lower(): "var(--bar)",
}
"""What the page colours, so that a drawing can be read on light and on dark."""


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

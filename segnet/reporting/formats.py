"""The formats that a comparison is printed in. No torch."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Protocol

from rich.console import Console

from segnet.reporting.comparison import Comparison
from segnet.reporting.html_page import comparison_html
from segnet.reporting.latex import comparison_latex
from segnet.reporting.plain_rows import comparison_csv, comparison_plain
from segnet.reporting.sections import Choice, titled_grids
from segnet.reporting.tables import WIDTH, markdown_grid, terminal_parts


def _plain_text(comparisons: Sequence[Comparison], choice: Choice) -> str:
    written = io.StringIO()
    console = Console(file=written, width=WIDTH, color_system=None)
    for one in comparisons:
        for part in terminal_parts(one, choice):
            console.print(part)
    return "".join(f"{line.rstrip()}\n" for line in written.getvalue().splitlines())


def _markdown(comparisons: Sequence[Comparison], choice: Choice) -> str:
    parts = []
    for one in comparisons:
        first, *others = titled_grids(one, choice)
        parts += [f"## {one.title}", f"{first.title}.", markdown_grid(first.grid)]
        parts.append("\n".join(f"- {note}" for note in first.notes))
        for other in others:
            parts.append(f"### {other.title}")
            if other.grid.headings:
                parts.append(markdown_grid(other.grid))
            parts += other.notes
    return "\n\n".join(parts) + "\n"


def _json(comparisons: Sequence[Comparison], choice: Choice) -> str:
    """Always everything."""
    return json.dumps({one.dataset: comparison_plain(one) for one in comparisons}, indent=1) + "\n"


class Format(Protocol):
    """Comparisons, one a data set, as text that ends in a line break."""

    def __call__(self, comparisons: Sequence[Comparison], choice: Choice) -> str:
        """The text of what was chosen; CSV and JSON have every column whatever is chosen."""


FORMATS: dict[str, Format] = {
    "table": _plain_text,
    "md": _markdown,
    "csv": comparison_csv,
    "json": _json,
    "latex": comparison_latex,
    "html": comparison_html,
}

"""The formats that a comparison is printed in. No torch."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from typing import Protocol

from rich.console import Console
from rich.table import Table

from segnet.reporting.columns import LEGEND
from segnet.reporting.comparison import Comparison
from segnet.reporting.grid import PER_CLASS
from segnet.reporting.html_page import comparison_html
from segnet.reporting.latex import comparison_latex
from segnet.reporting.plain_rows import comparison_csv, comparison_rows
from segnet.reporting.tables import (
    comparison_markdown,
    comparison_table,
    per_class_markdown,
    per_class_tables,
)

WIDTH = 100
"""Columns of a terminal table that is written to a file or into a pipe."""


def terminal_tables(comparisons: Sequence[Comparison], *, per_class: bool) -> Iterator[Table]:
    """What a terminal shows, table by table."""
    for one in comparisons:
        yield comparison_table(one)
        if per_class:
            yield from per_class_tables(one)


def _plain_text(comparisons: Sequence[Comparison], *, per_class: bool) -> str:
    written = io.StringIO()
    console = Console(file=written, width=WIDTH, color_system=None)
    for table in terminal_tables(comparisons, per_class=per_class):
        console.print(table)
    return "".join(f"{line.rstrip()}\n" for line in written.getvalue().splitlines())


def _markdown(comparisons: Sequence[Comparison], *, per_class: bool) -> str:
    parts = []
    for one in comparisons:
        notes = "\n".join(f"- {note}" for note in (LEGEND, *one.notes))
        parts += [f"## {one.title}", f"{one.protocol}.", comparison_markdown(one), notes]
        if per_class and one.classes:
            parts += [f"### {PER_CLASS}", per_class_markdown(one)]
    return "\n\n".join(parts) + "\n"


def _json(comparisons: Sequence[Comparison], *, per_class: bool) -> str:
    """Always with the IoU of each class."""
    return json.dumps({one.dataset: comparison_rows(one) for one in comparisons}, indent=1) + "\n"


class Format(Protocol):
    """Comparisons, one a data set, as text that ends in a line break."""

    def __call__(self, comparisons: Sequence[Comparison], *, per_class: bool) -> str:
        """The text; ``per_class`` adds the IoU of each class."""


FORMATS: dict[str, Format] = {
    "table": _plain_text,
    "md": _markdown,
    "csv": comparison_csv,
    "json": _json,
    "latex": comparison_latex,
    "html": comparison_html,
}

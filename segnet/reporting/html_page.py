"""A comparison as one HTML page that needs no other file. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from segnet.reporting.columns import LEGEND, Entry
from segnet.reporting.comparison import Comparison
from segnet.reporting.grid import PER_CLASS, Grid, comparison_grid, per_class_grid

STYLE = """\
body { font: 15px/1.4 system-ui, sans-serif; margin: 2em auto; max-width: 60em; padding: 0 1em; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: .5em 0; }
th, td { padding: .25em .7em; text-align: right; white-space: nowrap; }
.text { text-align: left; }
thead th { border-bottom: 1px solid; }
section { overflow-x: auto; }"""


def comparison_html(comparisons: Sequence[Comparison], *, per_class: bool) -> str:
    """The whole page: for each data set its table, the best bold, with protocol and notes.

    Args:
        comparisons: one a data set, all of one bench.
        per_class: add a table with the IoU of each class.
    """
    titles = dict.fromkeys(escape(one.title) for one in comparisons)
    parts = [
        "<!doctype html>",
        '<html lang="en">',
        '<head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{', '.join(titles)}</title>",
        f"<style>\n{STYLE}\n</style></head>",
        "<body>",
        *(f"<h1>{title}</h1>" for title in titles),
        *(_section(one, per_class=per_class) for one in comparisons),
        "</body>",
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def _section(comparison: Comparison, *, per_class: bool) -> str:
    parts = [
        "<section>",
        f"<h2>{escape(comparison.dataset)}</h2>",
        _table(comparison_grid(comparison), caption=comparison.protocol),
        "<ul>",
        *(f"<li>{escape(note)}</li>" for note in (LEGEND, *comparison.notes)),
        "</ul>",
    ]
    if per_class and comparison.classes:
        parts.append(_table(per_class_grid(comparison), caption=PER_CLASS))
    return "\n".join([*parts, "</section>"])


def _table(grid: Grid, *, caption: str) -> str:
    headings = [
        f'<th scope="col"{_side(grid, at)}>{escape(heading)}</th>'
        for at, heading in enumerate(grid.headings)
    ]
    rows = [
        "".join(f"<td{_side(grid, at)}>{_cell(entry)}</td>" for at, entry in enumerate(line))
        for line in grid.lines
    ]
    return "\n".join(
        [
            f"<table><caption>{escape(caption)}</caption>",
            f"<thead><tr>{''.join(headings)}</tr></thead>",
            "<tbody>",
            *(f"<tr>{row}</tr>" for row in rows),
            "</tbody></table>",
        ]
    )


def _side(grid: Grid, at: int) -> str:
    """Words stand flush left."""
    return ' class="text"' if at < grid.num_text_columns else ""


def _cell(entry: Entry) -> str:
    return f"<strong>{escape(entry.text)}</strong>" if entry.is_best else escape(entry.text)

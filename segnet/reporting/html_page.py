"""A comparison as one HTML page that needs no other file. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from segnet.reporting.column import Entry
from segnet.reporting.comparison import Comparison
from segnet.reporting.grid import Grid
from segnet.reporting.sections import Choice, titled_grids

STYLE = """\
body { font: 15px/1.4 system-ui, sans-serif; margin: 2em auto; max-width: 60em; padding: 0 1em; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: .5em 0; }
th, td { padding: .25em .7em; text-align: right; white-space: nowrap; }
.text { text-align: left; }
thead th { border-bottom: 1px solid; }
section { overflow-x: auto; }"""


def comparison_html(comparisons: Sequence[Comparison], choice: Choice) -> str:
    """The whole page: for each data set its table, the best bold, with protocol and notes.

    Args:
        comparisons: one a data set, all of one bench.
        choice: which columns and tables.
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
        *(_section(one, choice) for one in comparisons),
        "</body>",
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def _section(comparison: Comparison, choice: Choice) -> str:
    parts = ["<section>", f"<h2>{escape(comparison.dataset)}</h2>"]
    for one in titled_grids(comparison, choice):
        parts += [
            html_table(one.grid, caption=one.title),
            "<ul>",
            *(f"<li>{escape(note)}</li>" for note in one.notes),
            "</ul>",
        ]
    return "\n".join([*parts, "</section>"])


def html_table(grid: Grid, *, caption: str) -> str:
    """A table of escaped texts, the best bold."""
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

"""HTML from templates, and a comparison as one page that needs no other file. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from segnet.reporting.comparison import Comparison
from segnet.reporting.comparison_tables import Choice, comparison_tables


def comparison_html(comparisons: Sequence[Comparison], choice: Choice) -> str:
    """For each data set its tables, the best bold, with protocol and notes.

    Args:
        comparisons: one a data set.
        choice: which columns and tables.
    """
    page = render_html(
        "comparison.html.jinja",
        titles=list(dict.fromkeys(one.title for one in comparisons)),
        parts=[(one.dataset, comparison_tables(one, choice)) for one in comparisons],
    )
    return page + "\n"


HERE = Path(__file__).parent


def render_html(template: str, folder: Path = HERE, **content: object) -> str:
    """A template, filled; every text is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # other formats are faster

    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(content)

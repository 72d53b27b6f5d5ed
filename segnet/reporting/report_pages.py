"""The two pages of a report: ``index.md``, and ``index.html``, which opens offline. No torch."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup
from PIL import Image

from segnet.reporting.captions import PROTOCOL, ROW_COMMANDS, claim
from segnet.reporting.cell_tables import (
    provenance_table,
    reproduce_table,
    setup_commands,
    unfinished_table,
)
from segnet.reporting.columns import COLUMNS
from segnet.reporting.comparison import Comparison
from segnet.reporting.comparison_tables import (
    Choice,
    comparison_tables,
    per_class_table,
    rows_table,
)
from segnet.reporting.html import render_html
from segnet.reporting.markup import markdown_below, markdown_list, markdown_table, markdown_text
from segnet.reporting.report_figures import Picture, Pictures
from segnet.reporting.table import Table
from segnet.results.cells import Results
from segnet.results.records import DataFacts


class DatasetPart(NamedTuple):
    """What the page shows of one data set."""

    name: str
    tables: tuple[Table, ...]
    every_column: Table
    heat: Table
    figures: tuple[PageFigure, ...]
    more: tuple[PageFigure, ...]
    notes: tuple[str, ...]


class PageFigure(NamedTuple):
    """A drawing in the colours of the page, or a picture as a data URI."""

    caption: str
    svg: Markup
    address: str


def markdown_report(
    results: Results, comparisons: Sequence[Comparison], pictures: Mapping[str, Pictures]
) -> str:
    """The whole page.

    Args:
        results: the cells of the bench.
        comparisons: one a data set.
        pictures: the figures of each data set.
    """
    bench = results.bench
    parts = [f"# {markdown_text(bench.title)}", claim(results)]
    for comparison in comparisons:
        parts += _dataset_section(comparison, pictures[comparison.dataset])
    unfinished = unfinished_table(results.cells)
    if unfinished.lines:
        parts += ["## Cells that are not done", markdown_table(unfinished)]
    parts += ["## Protocol", PROTOCOL]
    parts += ["## Reproduce", "\n".join(["```sh", *setup_commands(results), "```"])]
    parts += [ROW_COMMANDS, markdown_table(reproduce_table(results))]
    parts += ["## Data", "\n".join(_source(name, facts) for name, facts in results.data.items())]
    parts += ["## Provenance", markdown_table(provenance_table(results.cells))]
    return "\n\n".join(parts) + "\n"


def _dataset_section(comparison: Comparison, pictures: Pictures) -> list[str]:
    choice = Choice(per_class=True, significance=bool(comparison.gaps))
    main, *others = comparison_tables(comparison, choice)
    parts = [
        f"## Results on {comparison.dataset}",
        f"{main.title}.",
        markdown_table(main),
        markdown_list((*main.notes, *pictures.notes)),
    ]
    parts += [
        f"![{one.caption}](figures/{one.file_name})\n\n*{one.caption}*" for one in pictures.shown
    ]
    if pictures.linked:
        parts.append("More: " + ", ".join(_link(one) for one in pictures.linked))
    return [*parts, *markdown_below(others)]


def _source(name: str, facts: DataFacts) -> str:
    return (
        f"- `{name}`: {markdown_text(facts.title)}. Source: {markdown_text(facts.source)}. "
        f"Licence: {markdown_text(facts.licence)}. Citation: {markdown_text(facts.citation)}."
    )


def _link(picture: Picture) -> str:
    return f"[{picture.caption.removesuffix('.')}](figures/{picture.file_name})"


def html_report(
    results: Results,
    comparisons: Sequence[Comparison],
    pictures: Mapping[str, Pictures],
    folder: Path,
) -> str:
    """``reports/<bench>/index.html``.

    Args:
        results: the cells of the bench.
        comparisons: one a data set.
        pictures: the figures of each data set.
        folder: where their PNG files lie.
    """
    return render_html(
        "report.html.jinja",
        bench=results.bench,
        claim=claim(results).replace("**", "").replace("`", ""),
        parts=[_part(one, pictures[one.dataset], folder) for one in comparisons],
        unfinished=unfinished_table(results.cells),
        protocol=_plain_items(PROTOCOL),
        commands="\n".join(setup_commands(results)),
        row_commands=ROW_COMMANDS.replace("`", ""),
        reproduce=reproduce_table(results),
        data=results.data,
        provenance=provenance_table(results.cells),
    )


def _part(comparison: Comparison, pictures: Pictures, folder: Path) -> DatasetPart:
    return DatasetPart(
        name=comparison.dataset,
        tables=comparison_tables(comparison, Choice(significance=bool(comparison.gaps))),
        every_column=rows_table(comparison.rows, COLUMNS),
        heat=per_class_table(comparison.rows, comparison.classes),
        figures=tuple(_figure(one, folder) for one in pictures.shown if not one.is_table),
        more=tuple(_figure(one, folder) for one in pictures.linked),
        notes=pictures.notes,
    )


def _figure(picture: Picture, folder: Path) -> PageFigure:
    if picture.svg:
        # Our own drawing, made by matplotlib, which escapes the texts in it.
        return PageFigure(picture.caption, Markup(picture.svg), "")
    with Image.open(folder / picture.file_name) as pixels:
        written = io.BytesIO()
        pixels.convert("RGB").save(written, "WEBP", lossless=True)  # half the bytes of PNG
    encoded = base64.b64encode(written.getvalue()).decode()
    return PageFigure(picture.caption, Markup(), f"data:image/webp;base64,{encoded}")


def _plain_items(markdown: str) -> list[str]:
    """The items of a Markdown list as plain texts."""
    items = " ".join(markdown.split()).removeprefix("- ").split(" - ")
    return [one.replace("`", "").replace("*", "") for one in items]

"""``reports/<bench>/index.html``: the whole report in one file that opens offline. No torch."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from segnet.reporting.columns import COLUMNS
from segnet.reporting.comparison import Comparison
from segnet.reporting.grid import Grid, per_class_grid
from segnet.reporting.page import PROTOCOL, ROW_COMMANDS, claim, page_choice
from segnet.reporting.pictures import Picture, Pictures
from segnet.reporting.report_tables import (
    provenance_grid,
    reproduce_grid,
    setup_commands,
    unfinished_grid,
)
from segnet.reporting.sections import Choice, TitledGrid, titled_grids
from segnet.results.cells import Results

TEMPLATE = "report.html.jinja"


class DatasetPart(NamedTuple):
    """What the page shows of one data set."""

    name: str
    tables: tuple[TitledGrid, ...]
    every_column: Grid
    heat: Grid
    figures: tuple[Figure, ...]
    more: tuple[Figure, ...]
    notes: tuple[str, ...]


class Figure(NamedTuple):
    """A drawing in the colours of the page, or a picture as a data URI."""

    caption: str
    svg: Markup
    address: str


def html_report(
    results: Results,
    comparisons: Sequence[Comparison],
    pictures: Mapping[str, Pictures],
    folder: Path,
) -> str:
    """The page; it needs no other file and no network.

    Args:
        results: the cells of the bench.
        comparisons: one a data set.
        pictures: the figures of each data set.
        folder: where their PNG files lie.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(TEMPLATE).render(
        bench=results.bench,
        claim=claim(results).replace("**", "").replace("`", ""),
        parts=[_part(one, pictures[one.dataset], folder) for one in comparisons],
        unfinished=unfinished_grid(results.cells),
        protocol=_plain_items(PROTOCOL),
        commands="\n".join(setup_commands(results)),
        row_commands=ROW_COMMANDS.replace("`", ""),
        reproduce=reproduce_grid(results),
        data=results.data,
        provenance=provenance_grid(results.cells),
    )


def _part(comparison: Comparison, pictures: Pictures, folder: Path) -> DatasetPart:
    main, *others = titled_grids(comparison, page_choice(comparison))
    every, *_ = titled_grids(comparison, Choice(columns=COLUMNS))
    return DatasetPart(
        name=comparison.dataset,
        tables=(main, *others),
        every_column=every.grid,
        heat=per_class_grid(comparison.rows, comparison.classes),
        figures=tuple(_figure(one, folder) for one in pictures.shown if not one.is_table),
        more=tuple(_figure(one, folder) for one in pictures.linked),
        notes=pictures.notes,
    )


def _figure(picture: Picture, folder: Path) -> Figure:
    if picture.svg:
        # Our own drawing, made by matplotlib, which escapes the texts in it.
        return Figure(picture.caption, Markup(picture.svg), "")
    with Image.open(folder / picture.file_name) as pixels:
        written = io.BytesIO()
        pixels.convert("RGB").save(written, "WEBP", lossless=True)  # half the bytes of PNG
    encoded = base64.b64encode(written.getvalue()).decode()
    return Figure(picture.caption, Markup(), f"data:image/webp;base64,{encoded}")


def _plain_items(markdown: str) -> list[str]:
    """The items of a Markdown list as plain texts."""
    items = " ".join(markdown.split()).removeprefix("- ").split(" - ")
    return [one.replace("`", "").replace("*", "") for one in items]

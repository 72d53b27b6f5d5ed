"""``segbench list``: what ``params.yaml`` can name."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from segnet.cli.bench import AsJson, print_json

if TYPE_CHECKING:
    from segnet.bench.inventory import Entry

NUMBERS = ("M params", "GMACs")


class Kind(StrEnum):
    """What can be listed."""

    MODELS = "models"
    DATASETS = "datasets"
    LOSSES = "losses"
    RECIPES = "recipes"
    PRESETS = "presets"


def list_known(
    kind: Annotated[Kind | None, typer.Argument(help="Which; none: the names of all.")] = None,
    as_json: AsJson = False,
) -> None:
    """List models, data sets, losses, recipes or presets."""
    from segnet.bench.inventory import entries_of, names_of

    if as_json:
        print_json(
            [one._asdict() for each in ([kind] if kind else Kind) for one in entries_of(each)]
        )
    elif kind is None:
        for each in Kind:
            known = names_of(each)
            print_named(f"{len(known)} {each}", ", ".join(known))
        Console(stderr=True).print("segbench list KIND says more of each", style="dim")
    else:
        if kind is Kind.MODELS:
            print("11 classes; GMACs: 10^9 multiply-adds of one 360x480 image\n")
        Console().print(entries_table(entries_of(kind)))


def print_named(what: str, text: str) -> None:
    """A text with its name to the left of it."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=11, no_wrap=True)
    table.add_column()
    table.add_row(Text(what), Text(text))
    Console().print(table)


def entries_table(entries: list[Entry]) -> Table:
    """One line an entry, names whole; a column that no entry fills is left out."""
    columns = {
        "name": [entry.name for entry in entries],
        "M params": [_scaled(entry.parameters, 1e6, 2) for entry in entries],
        "GMACs": [_scaled(entry.multiply_adds, 1e9, 1) for entry in entries],
        "what": [entry.what.removesuffix(".") for entry in entries],
        "facts": [entry.facts for entry in entries],
    }
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in (filled := [one for one, texts in columns.items() if any(texts)]):
        is_short = heading in ("name", *NUMBERS)
        table.add_column(
            heading,
            justify="right" if heading in NUMBERS else "left",
            no_wrap=is_short or bool(columns[NUMBERS[0]][0]),  # a network takes one line
            min_width=max(map(len, columns[heading])) if is_short else 12,
        )
    for row in zip(*(columns[heading] for heading in filled), strict=True):
        table.add_row(*map(Text, row))
    return table


def _scaled(value: int | None, unit: float, digits: int) -> str:
    return "" if value is None else f"{value / unit:.{digits}f}"

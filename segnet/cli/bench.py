"""Commands on the suite and the bench: what is there, what is chosen, what is done."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from segnet.bench.config import load_config
from segnet.bench.present import settings_now
from segnet.cli.options import BenchName

if TYPE_CHECKING:
    from segnet.bench.inventory import Entry

NAME_WIDTH = 24
"""Longer names are folded."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def list_known(as_json: AsJson = False) -> None:
    """Show the models, losses, recipes, data sets and presets."""
    from segnet.bench.inventory import inventory

    entries = inventory()
    if as_json:
        print_json([entry._asdict() for entry in entries])
        return
    console = Console()
    for kind, group in groupby(entries, key=lambda entry: entry.kind):
        console.print(inventory_table(kind, list(group)))


def inventory_table(kind: str, entries: list[Entry]) -> Table:
    """The entries of one kind; a column that none of them fills is left out."""
    columns = {
        "name": [entry.name for entry in entries],
        "M params": [_scaled(entry.parameters, 1e6, 3) for entry in entries],
        "GMACs": [_scaled(entry.multiply_adds, 1e9, 1) for entry in entries],
        "what": [entry.what for entry in entries],
        "facts": [entry.facts for entry in entries],
        "source": [entry.source for entry in entries],
    }
    sizes = " (11 classes, multiply-adds at 360x480)" if kind == "model" else ""
    table = Table(title=f"{kind}s{sizes}".replace("losss", "losses"), title_justify="left")
    for heading in (filled := [one for one, texts in columns.items() if any(texts)]):
        is_number = heading in ("M params", "GMACs")
        table.add_column(
            heading,
            overflow="fold",
            justify="right" if is_number else "left",
            no_wrap=is_number,
            max_width=NAME_WIDTH if heading == "name" else None,
        )
    for row in zip(*(columns[heading] for heading in filled), strict=True):
        table.add_row(*map(Text, row))
    return table


def _scaled(value: int | None, unit: float, digits: int) -> str:
    return "" if value is None else f"{value / unit:.{digits}f}"


def doctor(
    data: Annotated[
        Path | None, typer.Argument(help="The YAML of your own data; none: the bench.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="Contact sheet of your data; default: .segbench/doctor/<name>.png."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check machine, data, weights and cells of the bench, or the data of a YAML of your own."""
    if data is not None:
        examine_own_data(data, output, as_json=as_json)
        return
    from segnet.bench.doctor import examine

    findings = examine(load_config())
    if as_json:
        print_json([finding._asdict() for finding in findings])
        return
    table = Table("what", "found", "what to do next")
    for finding in findings:
        table.add_row(*map(Text, finding))
    Console().print(table)


def examine_own_data(file: Path, output: Path | None, *, as_json: bool) -> None:
    """Print what is wrong with a user's data; exit status 1 if it cannot be used."""
    from segnet.bench.data_doctor import examine_data

    sheet = output or Path(".segbench/doctor") / f"{file.stem}.png"
    findings = examine_data(file, sheet)
    if as_json:
        print_json([finding._asdict() for finding in findings])
    else:
        table = Table("", "where", "found", "what to do next")
        for finding in findings:
            table.add_row(*map(Text, finding))
        Console().print(table)
    if any(finding.level == "error" for finding in findings):
        raise typer.Exit(1)


def preset(
    name: Annotated[str, typer.Argument(help="Which preset; none lists them.")] = "",
) -> None:
    """Put a preset into params.yaml; `dvc repro` then runs it."""
    from segnet.bench.presets import apply_preset, preset_files

    if not name:
        for known in preset_files():
            print(known)
        return
    bench = apply_preset(name)
    cells = len(load_config().bench.cells())
    print(f"params.yaml: bench '{bench.name}' ({bench.title}), {cells} cells. Next: dvc repro")


def report(bench: BenchName = "") -> None:
    """Render a report again from its records.

    With --bench no data are needed: pictures of predictions stay as they are.
    """
    if bench:
        from segnet.paths import report_folder
        from segnet.reporting.report import rewrite_report

        rewrite_report(bench, settings_now())
        print(f"report: {report_folder(bench) / 'index.md'}")
    else:
        from pipelines.report import main as render

        render()


def print_json(data: object) -> None:
    """JSON on stdout, without colours or line breaks that a terminal's width would add."""
    print(json.dumps(data, indent=1))

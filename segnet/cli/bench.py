"""Commands on the suite and the bench: what is there, what is chosen, what is done."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from segnet.bench.config import load_config
from segnet.bench.present import settings_now
from segnet.cli.options import BenchName
from segnet.errors import UserError
from segnet.grid import Bench

REWRITTEN = "this rewrote params.yaml, which git tracks; `segbench preset --restore` undoes it"
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


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
    Console().print(findings_table(("what", "found", "what to do next"), findings))


def examine_own_data(file: Path, output: Path | None, *, as_json: bool) -> None:
    """Print what is wrong with a user's data; exit status 1 if it cannot be used."""
    from segnet.bench.data_doctor import examine_data

    sheet = output or Path(".segbench/doctor") / f"{file.stem}.png"
    findings = examine_data(file, sheet)
    if as_json:
        print_json([finding._asdict() for finding in findings])
    else:
        headings = ("", "where", "found", "what to do next")
        Console().print(findings_table(headings, findings))
    if any(finding.level == "error" for finding in findings):
        raise typer.Exit(1)


def findings_table(headings: Sequence[str], findings: Iterable[Sequence[str]]) -> Table:
    """A line for each finding; what it is of stays in one piece."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for finding in findings:
        table.add_row(*map(Text, finding))
    return table


def print_pending(bench: Bench) -> None:
    """Print the cells of a bench that would run, with minutes where they are known."""
    from segnet.bench.pending import in_minutes, pending_cells
    from segnet.results.cells import load_results

    pending = pending_cells(load_results(bench, {}))
    for one in pending:
        takes = "" if math.isnan(one.minutes) else f"  {one.minutes:.1f} min"
        print(f"cell: {one.cell.slug}{takes}  {one.reason}")
    takes = in_minutes(sum(one.minutes for one in pending)) if pending else ""
    total = f"{len(pending)} of {len(bench.cells())} cells would run"
    print(f"{total}, {takes}" if takes else total)


def preset(
    name: Annotated[str, typer.Argument(help="Which preset; none lists them.")] = "",
    restore: Annotated[
        bool, typer.Option("--restore", help="Bring back the params.yaml that git has.")
    ] = False,
) -> None:
    """Put a preset into params.yaml, which git tracks; `dvc repro` then runs it."""
    from segnet.bench.presets import apply_preset, preset_files, restore_params

    if restore:
        if name:
            raise UserError(f"--restore and preset {name} contradict each other. Leave one out.")
        bench = restore_params()
        print(f"params.yaml: as git has it; bench '{bench.name}' ({bench.title})")
        return
    if not name:
        for known in preset_files():
            print(known)
        return
    bench = apply_preset(name)
    cells = len(load_config().bench.cells())
    print(f"params.yaml: bench '{bench.name}' ({bench.title}), {cells} cells. Next: dvc repro")
    print(f"note: {REWRITTEN}", file=sys.stderr)


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

"""``segbench check``: the gate for merges. Reads records alone; exit status 1 on a failure."""

from __future__ import annotations

import json
import math
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from segnet.bench.config import load_config
from segnet.cli.options import BenchName
from segnet.errors import UserError

if TYPE_CHECKING:
    from segnet.results.cells import Results
    from segnet.results.gate import Check
    from segnet.results.repetitions import Spreads


def check(
    bench: BenchName = "",
    update: Annotated[
        bool, typer.Option("--update", help="Accept the present results as the new baseline.")
    ] = False,
    repeated: Annotated[
        list[Path] | None,
        typer.Option(
            "--repeated",
            metavar="PROJECT",
            help="With --update: a project where this bench was trained with other arithmetic or "
            "further seeds, to measure the spread. Its folder's name says how. Repeatable.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, not a Markdown table.")] = False,
) -> None:
    """Compare the results with reports/BENCH/baseline.json; exit with 1 if one got worse."""
    from segnet.paths import report_folder
    from segnet.results.accepted_scores import Baseline, read_baseline
    from segnet.results.gate import accept, check_results, markdown

    results = present_results(bench)
    name = results.bench.name
    folder = report_folder(name)
    if repeated and not update:
        raise UserError("--repeated needs --update: it measures the spread of a new baseline.")
    if update:
        before = Baseline.read(folder)
        command = f"segbench check --bench {name} --update"
        accepted = accept(results, command, before=before, measured=measure(name, repeated))
        before = before or accepted.model_copy(update={"groups": {}})
    else:
        before = read_baseline(name)
    checks = check_results(results, before)
    table = markdown(checks, name)
    sys.stdout.write(json.dumps(plain(checks), indent=1) + "\n" if as_json else table)
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        append(Path(summary), table)
    if update:
        print(f"written: {accepted.write(folder)}. Commit it.", file=sys.stderr)
    elif any(one.failed for one in checks):
        print(
            "If a change is meant, accept it with `segbench check --update` and commit "
            f"{folder / Baseline.FILE_NAME}.",
            file=sys.stderr,
        )
        raise typer.Exit(1)


def measure(bench: str, projects: list[Path] | None) -> Spreads | None:
    """What scattered the bench in this project and others; None without others."""
    from segnet.results.repetitions import read_trainings, spreads

    if not projects:
        return None
    if len({project.name for project in projects}) < len(projects):
        raise UserError("--repeated: two folders have the same name. A name says what is other.")
    others = {project.name: read_trainings(bench, project) for project in projects}
    return spreads({"as usual": read_trainings(bench)} | others)


def present_results(name: str) -> Results:
    """The results of the bench in ``params.yaml``, or of another that has a report."""
    from segnet.reporting.recount import recount
    from segnet.results.cells import load_bench, load_results

    config = load_config()
    if name in ("", config.bench.name):
        return recount(load_results(config.bench, {}, config.settings))
    return recount(load_bench(name, config.settings))


def plain(checks: tuple[Check, ...]) -> list[dict[str, Any]]:
    """Checks as JSON has them: null for NaN."""
    return [
        {key: None if value != value else value for key, value in asdict(one).items()}
        | {"failed": one.failed, "change": None if math.isnan(one.change) else one.change}
        for one in checks
    ]


def append(path: Path, text: str) -> None:
    """Add a text to the page of a CI run.

    Raises:
        UserError: if that is no place for a file.
    """
    try:
        with path.open("a") as file:
            file.write(text)
    except OSError as error:
        raise UserError(f"GITHUB_STEP_SUMMARY={path}: {error.strerror}. Unset it.") from None

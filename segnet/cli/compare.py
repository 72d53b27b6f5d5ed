"""``segbench compare``: reads records alone, so it needs no data, GPU or torch."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from segnet.cli.options import BenchName, names
from segnet.config import load_config
from segnet.errors import UserError, lookup
from segnet.paths import report_folder

SORT_HELP = (
    "A column (miou, last, g, c, fwiou, params, img/s, model...) or a class, such as Car; "
    "the best first, or the least of params; default: miou."
)


COLUMNS_HELP = "Such as miou,bf,ece,fwiou,bfs,biou,gmacs,ms,params,img/s; csv and json have all."


def compare(
    bench: BenchName = "",
    models: Annotated[str, typer.Option(help="v1,v2,v3; `v1` is `segnet_v1`.")] = "",
    losses: Annotated[str, typer.Option(help="ce,dice")] = "",
    datasets: Annotated[str, typer.Option(help="camvid,voc")] = "",
    per_class: Annotated[bool, typer.Option("--per-class", help="IoU of every class.")] = False,
    columns: Annotated[str, typer.Option(help=COLUMNS_HELP)] = "",
    show_all: Annotated[bool, typer.Option("--all", help="Every column.")] = False,
    significance: Annotated[
        bool, typer.Option("--significance", help="Which differences are shown, pair by pair.")
    ] = False,
    published: Annotated[
        bool, typer.Option("--published", help="What others have published, beside ours.")
    ] = False,
    sort: Annotated[str, typer.Option(help=SORT_HELP)] = "",
    to: Annotated[
        str, typer.Option("--format", help="table, md, csv, json, latex or html; default: table.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    output: Annotated[Path | None, typer.Option(help="Write to this file, not stdout.")] = None,
) -> None:
    """Compare what has been run: one row a model and loss, best first."""
    from segnet.reporting.columns import COLUMNS, choose_columns
    from segnet.reporting.comparison import add_published
    from segnet.reporting.comparison import compare as compare_results
    from segnet.reporting.formats import FORMATS
    from segnet.reporting.sections import Choice
    from segnet.reporting.sorting import sort_rows
    from segnet.reporting.tables import terminal_parts
    from segnet.results import load_bench

    if as_json and to not in ("", "json"):
        raise UserError(f"--json and --format {to} contradict each other. Leave one out.")
    chosen = "json" if as_json else to or "table"
    write = lookup(FORMATS, chosen, what="format")
    named = COLUMNS if show_all else choose_columns(names(columns)) if columns else ()
    choice = Choice(columns=named, per_class=per_class, significance=significance)
    name = bench or load_config().bench.name
    results = load_bench(name)
    comparisons = compare_results(
        results, models=names(models), losses=names(losses), datasets=names(datasets)
    )
    if published:
        comparisons = add_published(comparisons, results)
    if sort:
        comparisons = sort_rows(comparisons, sort)
    if output is not None:
        write_file(output, write(comparisons, choice))
    elif chosen == "table" and sys.stdout.isatty():
        for part in (part for one in comparisons for part in terminal_parts(one, choice)):
            Console().print(part)
    else:
        sys.stdout.write(write(comparisons, choice))
    print(f"report: {report_folder(name) / 'index.md'}", file=sys.stderr)


def write_file(path: Path, text: str) -> None:
    """Write a result where the user wants it, whole or not at all, and say so.

    Raises:
        UserError: if that is no place for a file.
    """
    from segnet.records import write_atomically

    try:
        write_atomically(path, text)
    except OSError as error:
        raise UserError(f"--output {path}: {error.strerror}. Name another file.") from None
    print(f"written: {path}", file=sys.stderr)

"""``segbench compare``: reads records alone, so it needs no data, GPU or torch."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from segnet.bench.config import load_config
from segnet.bench.present import settings_now
from segnet.cli.options import names
from segnet.errors import UserError, lookup
from segnet.paths import report_folder

if TYPE_CHECKING:
    from segnet.reporting.comparison import Comparison
    from segnet.reporting.comparison_tables import Choice
    from segnet.results.cells import Results

SORT_HELP = (
    "A column (miou, last, g, c, fwiou, params, img/s, model...) or a class, such as Car; "
    "the best first, or the least of params; default: miou."
)

BENCH_HELP = (
    "Which benches, such as demo,camvid-cpu; default: the one in params.yaml, and with --models "
    "or --datasets every other that has all that is named. csv and json hold one."
)
COLUMNS_HELP = "Such as miou,bf,ece,fwiou,bfs,biou,gmacs,ms,params,img/s; csv and json have all."


class Wanted(NamedTuple):
    """What to show; empty for all."""

    models: tuple[str, ...]
    losses: tuple[str, ...]
    datasets: tuple[str, ...]


def compare(
    bench: Annotated[str, typer.Option(help=BENCH_HELP)] = "",
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
    submitted: Annotated[
        bool, typer.Option("--submitted", help="Rows of `score --save` on the same images.")
    ] = False,
    sort: Annotated[str, typer.Option(help=SORT_HELP)] = "",
    to: Annotated[
        str, typer.Option("--format", help="table, md, csv, json, latex or html; default: table.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    output: Annotated[Path | None, typer.Option(help="Write to this file, not stdout.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Tables without notes.")] = False,
) -> None:
    """Compare what has been run: one row a model and loss, best first."""
    from segnet.reporting.columns import COLUMNS, choose_columns
    from segnet.reporting.comparison import add_published, compare_cells, sort_rows
    from segnet.reporting.comparison_tables import Choice
    from segnet.reporting.recount import recount_changed
    from segnet.results.cells import load_bench

    chosen = choose_format(to, as_json=as_json)
    named = COLUMNS if show_all else choose_columns(names(columns)) if columns else ()
    choice = Choice(columns=named, per_class=per_class, significance=significance)
    wanted = Wanted(names(models), names(losses), names(datasets))
    benches = choose_benches(names(bench), wanted, only_one=chosen in ("csv", "json"))
    comparisons: tuple[Comparison, ...] = ()
    for name in benches:
        results = recount_changed(load_bench(name, settings_now()))
        found = compare_cells(results, **wanted._asdict())
        found = with_submitted(found, results) if submitted else found
        comparisons += add_published(found, results) if published else found
    if sort:
        comparisons = sort_rows(comparisons, sort)
    if quiet and chosen != "table":
        raise UserError(f"--quiet is for tables: --format {chosen} has no lines to leave out.")
    show(comparisons, choice, chosen, output, with_notes=not quiet)
    for name in () if quiet else benches:
        print(f"report: {report_folder(name) / 'index.md'}", file=sys.stderr)


def with_submitted(comparisons: Sequence[Comparison], results: Results) -> tuple[Comparison, ...]:
    """The same comparisons with a row for each submission on the same images."""
    from segnet.submissions.saved import add_submitted

    images = {
        one.cell.dataset: one.evaluation.image_names for one in results.cells if one.evaluation
    }
    return tuple(add_submitted(one, images.get(one.dataset, ())) for one in comparisons)


def choose_format(to: str, *, as_json: bool) -> str:
    """The format that ``--format`` and ``--json`` ask for.

    Raises:
        UserError: if they contradict each other, or there is no such format.
    """
    from segnet.reporting.formats import FORMATS

    if as_json and to not in ("", "json"):
        raise UserError(f"--json and --format {to} contradict each other. Leave one out.")
    chosen = "json" if as_json else to or "table"
    lookup(FORMATS, chosen, what="format")
    return chosen


def show(
    comparisons: Sequence[Comparison],
    choice: Choice,
    chosen: str,
    output: Path | None,
    *,
    with_notes: bool = True,
) -> None:
    """Write comparisons in a format, to a file or to stdout, where tables fit the terminal."""
    from segnet.reporting.formats import FORMATS
    from segnet.reporting.terminal import print_comparisons

    if output is not None:
        write_file(output, FORMATS[chosen](comparisons, choice))
    elif chosen == "table":
        print_comparisons(comparisons, choice, with_notes=with_notes)
    else:
        sys.stdout.write(FORMATS[chosen](comparisons, choice))


def choose_benches(named: Sequence[str], wanted: Wanted, *, only_one: bool) -> list[str]:
    """The benches to show.

    Args:
        named: those that the user names; if none, the one in ``params.yaml`` and, if models or data
            sets are wanted, every other with a report that has all that is wanted.
        wanted: what of them.
        only_one: programs read one bench at a time.

    Raises:
        UserError: if several are named where one is read.
    """
    from segnet.reporting.comparison import what_bench_lacks
    from segnet.results.cells import reported_benches
    from segnet.results.records import BenchRecord

    if named:
        if only_one and len(named) > 1:
            raise UserError("csv and json hold one bench. Name one, or take another format.")
        return list(named)
    first = load_config().bench.name
    if only_one or not (wanted.models or wanted.datasets) or first not in reported_benches():
        return [first]
    having = [
        name
        for name in sorted(reported_benches(), key=lambda name: name != first)
        if not what_bench_lacks(BenchRecord.read(report_folder(name)).bench, **wanted._asdict())
    ]
    return having or [first]


def write_file(path: Path, text: str) -> None:
    """Write a result where the user wants it, whole or not at all, and say so.

    Raises:
        UserError: if that is no place for a file.
    """
    from segnet.atomic import write_atomically

    try:
        write_atomically(path, text)
    except OSError as error:
        raise UserError(f"--output {path}: {error.strerror}. Name another file.") from None
    print(f"written: {path}", file=sys.stderr)

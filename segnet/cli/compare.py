"""``segbench compare``: reads records alone, so it needs no data, GPU or torch."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console

from segnet.cli.bench import AsJson, print_json
from segnet.cli.options import BenchName, names
from segnet.config import load_config
from segnet.paths import report_folder


def compare(
    bench: BenchName = "",
    models: Annotated[str, typer.Option(help="v1,v2,v3; `v1` is `segnet_v1`.")] = "",
    losses: Annotated[str, typer.Option(help="ce,dice")] = "",
    datasets: Annotated[str, typer.Option(help="camvid,voc")] = "",
    per_class: Annotated[bool, typer.Option("--per-class", help="IoU of every class.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare what has been run: one row a model and loss, best first."""
    from segnet.reporting.comparison import compare as compare_results
    from segnet.reporting.tables import comparison_rows, comparison_table, per_class_table
    from segnet.results import load_bench

    name = bench or load_config().bench.name
    comparisons = compare_results(
        load_bench(name), models=names(models), losses=names(losses), datasets=names(datasets)
    )
    if as_json:
        print_json({one.dataset: comparison_rows(one) for one in comparisons})
        return
    for one in comparisons:
        Console().print(comparison_table(one))
        if per_class:
            Console().print(per_class_table(one))
    print(f"report: {report_folder(name) / 'index.md'}", file=sys.stderr)

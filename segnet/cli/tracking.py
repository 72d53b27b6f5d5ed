"""Commands on MLflow."""

from __future__ import annotations

from typing import Annotated

import typer

from segnet.cli.options import BenchName


def sync(bench: BenchName = "") -> None:
    """Bring MLflow up to date with the records; nothing happens where it already is."""
    from segnet.results.cells import load_bench, reported_benches
    from segnet.tracking import sync as project

    for name in (bench,) if bench else reported_benches():
        done = project(load_bench(name))
        print(f"{name}: {done.created} created, {done.updated} updated, {done.unchanged} unchanged")


def ui(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 5000,
) -> None:
    """Open MLflow's server on the runs."""
    from segnet.tracking import serve_ui

    raise typer.Exit(serve_ui(host=host, port=port))

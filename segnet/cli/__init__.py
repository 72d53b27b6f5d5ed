"""The command ``segbench``. Results on stdout, all else on stderr; torch is loaded when used."""

from __future__ import annotations

from typing import Annotated

import typer

from segnet import __version__
from segnet.cli import bench, check, compare, lr_find, predict, run, speed, tracking
from segnet.errors import exit_on_user_error

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _print_version(is_wanted: bool) -> bool:
    if is_wanted:
        print(f"segbench {__version__}")
        raise typer.Exit
    return is_wanted


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """A reproducible benchmark of semantic segmentation: SegNet and its rivals."""


app.command("list")(bench.list_known)
app.command()(bench.doctor)
app.command()(bench.preset)
app.command()(run.run)
app.command()(compare.compare)
app.command()(check.check)
app.command()(bench.report)
app.command()(tracking.sync)
app.command()(tracking.ui)
app.command()(predict.predict)
app.command("lr-find")(lr_find.lr_find)
app.command()(speed.speed)


def main() -> None:
    """Run the command line; a mistake of the user's is a message and exit status 1."""
    with exit_on_user_error():
        app()

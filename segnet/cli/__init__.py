"""The command ``segbench``. Results on stdout, all else on stderr; torch is loaded when used."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import segnet
from segnet.cli import (
    bench,
    browse,
    check,
    compare,
    conform,
    explain,
    export,
    listing,
    lr_find,
    predict,
    run,
    score,
    speed,
    tracking,
    verify,
)
from segnet.errors import UserError, exit_on_user_error

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _print_version(is_wanted: bool) -> bool:
    if is_wanted:
        print(f"segbench {segnet.__version__}")
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


app.command("list")(listing.list_known)
app.command()(bench.doctor)
app.command()(bench.preset)
app.command()(run.run)
app.command()(compare.compare)
app.command()(check.check)
app.command()(bench.report)
app.command()(tracking.sync)
app.command()(tracking.ui)
app.command()(predict.predict)
app.command()(export.export)
app.command("lr-find")(lr_find.lr_find)
app.command()(speed.speed)
app.command()(score.score)
app.command()(verify.verify)
app.command()(explain.explain)
app.command()(conform.conform)
app.command()(browse.browse)


def main() -> None:
    """Run the command line; a mistake of the user's is a message and exit status 1."""
    with exit_on_user_error():
        require_code_of(Path.cwd())
        app()


def require_code_of(folder: Path) -> None:
    """Check that, in a checkout of the project, this is the checkout's own code.

    The stages run the code of the current folder; the command would run another's.

    Raises:
        UserError: if the folder is another checkout than the one that is installed.
    """
    own, here = Path(segnet.__file__).resolve().parent, (folder / "segnet").resolve()
    if own != here and all((folder / name).exists() for name in ("dvc.yaml", "segnet/cli")):
        raise UserError(
            f"this segbench runs the code in {own}, but the stages of this folder run {here}. "
            "Use this folder's own environment (`make .venv/.installed`, then .venv/bin/segbench), "
            "or `python -m segnet` in place of segbench."
        )

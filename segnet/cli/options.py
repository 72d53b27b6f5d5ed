"""Options that more than one command takes, and what they mean."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from segnet.errors import UserError, expand_short_name, unknown
from segnet.grid import Bench, Cell

BenchName = Annotated[str, typer.Option(help="Which bench; default: the one in params.yaml.")]
DatasetName = Annotated[str, typer.Option("--dataset", help="Which data set; default: first.")]
ModelName = Annotated[str, typer.Option("--model", help="Which model; default: first.")]
LossName = Annotated[str, typer.Option("--loss", help="Which loss; default: first.")]
SeedNumber = Annotated[int | None, typer.Option("--seed", help="Which seed; default: first.")]


def names(text: str) -> tuple[str, ...]:
    """The words of a comma-separated option."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def one_cell(bench: Bench, *, dataset: str, model: str, loss: str, seed: int | None) -> Cell:
    """The cell of the bench in ``params.yaml`` that is named; each axis's first where none is.

    Raises:
        UserError: if the bench has no such cell.
    """
    for what, name, known in (
        ("dataset", dataset, bench.datasets),
        ("model", expand_short_name(model, bench.models), bench.models),
        ("loss", loss, bench.losses),
    ):
        if name and name not in known:
            raise UserError(f"bench '{bench.name}': {unknown(what, name, known)}")
    cells = [
        cell
        for cell in bench.cells()
        if cell.dataset == (dataset or bench.datasets[0])
        and cell.model == (expand_short_name(model, bench.models) if model else bench.models[0])
        and cell.loss == (loss or bench.losses[0])
    ]
    for cell in cells:
        if seed is None or cell.seed == seed:
            return cell
    seeds = ", ".join(str(cell.seed) for cell in cells)
    raise UserError(
        f"bench '{bench.name}' has no seed {seed} of {cells[0].model} with {cells[0].loss}. "
        f"Known: {seeds}. Name one, or add it to `seeds` in params.yaml."
    )


def made_folder(path: Path) -> Path:
    """The folder that results go to, there from now on.

    Raises:
        UserError: if it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--output {path}: {error.strerror}. Name another folder.") from None
    return path

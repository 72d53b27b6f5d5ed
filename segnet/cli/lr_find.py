"""``segbench lr-find``: the learning-rate range test on one cell of the bench."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segnet.bench.config import Config, load_config
from segnet.cli.options import DatasetName, LossName, ModelName, SeedNumber, made_folder, one_cell
from segnet.errors import UserError
from segnet.grid import Cell
from segnet.paths import prepared_folder, weights_folder

if TYPE_CHECKING:
    from segnet.measuring.lr_finder import LearningRateCurve

FOLDER = Path(".segbench/lr-find")


def lr_find(
    dataset: DatasetName = "",
    model: ModelName = "",
    loss: LossName = "",
    seed: SeedNumber = None,
    steps: Annotated[int, typer.Option(help="Batches, each at a higher rate.", min=2)] = 100,
    output: Annotated[
        Path | None, typer.Option(help="Folder; default: .segbench/lr-find/<bench>.")
    ] = None,
) -> None:
    """Raise the learning rate batch by batch, and suggest one; trains nothing for good."""
    config = load_config()
    cell = one_cell(config.bench, dataset=dataset, model=model, loss=loss, seed=seed)
    check_stages(cell, config.bench.encoder_weights)
    folder = made_folder(output or FOLDER / cell.bench)
    curve = range_test(config, cell, steps=steps)
    for path in write_curve(curve, folder / cell.slug, title=f"{cell.bench}: {cell.slug}"):
        print(path)
    print(advice(curve, config))


def range_test(config: Config, cell: Cell, *, steps: int) -> LearningRateCurve:
    """The range test on the network, loss and batches that training this cell begins with."""
    from pipelines.cell import OpenCell
    from pipelines.training_start import start_training
    from segnet.cli.training_progress import TrainingProgress
    from segnet.measuring.lr_finder import find_learning_rate

    opened = OpenCell(config, cell)
    start = start_training(opened)
    with TrainingProgress(f"lr-find {cell.slug}", total_epochs=1, steps_per_epoch=steps) as bar:
        return find_learning_rate(
            start.network,
            start.training,
            loss=start.loss,
            recipe=config.recipe,
            size=start.size,
            seed=cell.seed,
            compute=opened.compute,
            max_steps=steps,
            on_step=bar.on_step,
        )


def check_stages(cell: Cell, encoder_weights: str) -> None:
    """Make sure of what the stages before training leave.

    Raises:
        UserError: if something is missing; the message has the command that trains nothing.
    """
    stages = {f"prepare@{cell.bench}-{cell.dataset}": prepared_folder(cell.bench, cell.dataset)}
    if encoder_weights != "random":
        stages[f"weights@{encoder_weights}"] = weights_folder(encoder_weights)
    missing = {stage: folder for stage, folder in stages.items() if not folder.exists()}
    if missing:
        folders = " and ".join(str(folder) for folder in missing.values())
        verb = "do" if len(missing) > 1 else "does"
        raise UserError(f"{folders} {verb} not exist. Run `dvc repro {' '.join(missing)}` first.")


def write_curve(curve: LearningRateCurve, stem: Path, *, title: str) -> tuple[Path, Path]:
    """Write the curve as ``stem.csv``, one row a batch, and as ``stem.png``; their paths."""
    from segnet.atomic import write_atomically
    from segnet.reporting.curve_figures import learning_rate_curve
    from segnet.reporting.figure_style import save_figure
    from segnet.reporting.formats import exact_csv

    table, picture = stem.with_name(f"{stem.name}.csv"), stem.with_name(f"{stem.name}.png")
    rows = zip(curve.learning_rates, curve.losses, curve.smoothed_losses, strict=True)
    names = ("learning_rate", "loss", "smoothed_loss")
    write_atomically(table, exact_csv(dict(zip(names, row, strict=True)) for row in rows))
    figure = learning_rate_curve(
        curve.learning_rates,
        curve.losses,
        curve.smoothed_losses,
        suggestion=curve.suggestion,
        title=title,
    )
    save_figure(figure, picture)
    return table, picture


def advice(curve: LearningRateCurve, config: Config) -> str:
    """The suggestion, the recipe's present rate, and what to do."""
    recipe, optimizer = config.bench.recipe, config.recipe.optimizer
    key = f"recipes.{recipe}.optimizer.learning_rate"
    present = f"recipe {recipe}: learning rate {optimizer.learning_rate:g} ({optimizer.kind})"
    if math.isnan(curve.suggestion):
        return (
            f"{present}\nsuggestion: none, no rate lowered the loss. Look at the curve and at the "
            f"loss; leave {key} as it is."
        )
    lines = [
        present,
        f"suggestion: {curve.suggestion:.2g}, a tenth of the rate of the lowest smoothed loss",
        f"To use it, set params.yaml: {key} to {curve.suggestion:.2g} and run `dvc repro`, which "
        "trains every cell of the bench again.",
    ]
    if not curve.diverged:
        lines.append(
            "The loss did not diverge up to the highest rate (a bounded one, dice or lovasz, never "
            "does): look at the curve before you trust the suggestion."
        )
    return "\n".join(lines)

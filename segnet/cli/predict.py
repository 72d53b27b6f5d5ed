"""``segbench predict``: a trained network on pictures."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from segnet.bench.config import load_config
from segnet.cli.options import DatasetName, LossName, ModelName, SeedNumber, made_folder, one_cell
from segnet.errors import UserError
from segnet.grid import Cell
from segnet.paths import cell_report_folder, cell_run_folder

UNCERTAINTY_HELP = (
    "Average predictions with dropout kept on (Bayesian SegNet, arXiv 1511.02680), and draw where "
    "they disagree: the variance of the softmax, mean over the classes, as a share of the greatest "
    "possible (0 to 1, no unit). Grey is its square root, white is 1."
)
SAMPLES_HELP = "Predictions to average, with --uncertainty; default: 50, as in the paper."


def predict(
    paths: Annotated[list[Path], typer.Argument(help="Images, or folders of images.")],
    model: ModelName = "",
    dataset: DatasetName = "",
    loss: LossName = "",
    seed: SeedNumber = None,
    uncertainty: Annotated[bool, typer.Option("--uncertainty", help=UNCERTAINTY_HELP)] = False,
    samples: Annotated[int | None, typer.Option(help=SAMPLES_HELP, min=2)] = None,
    output: Annotated[Path, typer.Option(help="Folder for the overlays.")] = Path("predictions"),
) -> None:
    """Draw a trained model's prediction over images."""
    from pipelines.cell import build_network
    from segnet.compute import choose_compute
    from segnet.datasets.registry import define_dataset
    from segnet.inference.bayesian import PAPER_SAMPLES, dropout_layers
    from segnet.inference.photos import find_images, read_photo
    from segnet.inference.prediction import (
        overlay,
        predict_mask,
        predict_uncertain_mask,
        save_picture,
        uncertainty_map,
    )
    from segnet.models.weight_files import load_weights
    from segnet.scoring.counts.evaluation import network_predictor

    if samples is not None and not uncertainty:
        raise UserError("--samples goes with --uncertainty; one prediction needs no samples.")
    config = load_config()
    bench = config.bench
    cell = one_cell(bench, dataset=dataset, model=model, loss=loss, seed=seed)
    files = find_images(paths)
    taxonomy = define_dataset(cell.dataset, config.datasets).taxonomy
    compute = choose_compute(bench.precision)
    num_classes = taxonomy.num_classes
    network = build_network(config, cell.model, num_classes=num_classes, seed=cell.seed)
    if uncertainty:
        dropout_layers(network)
    compute.place(network)
    load_weights(network, cell_run_folder(bench.name, cell.slug) / "selected.safetensors")
    if uncertainty:
        check_trained_alike(cell, config.models[cell.model])
    made_folder(output)
    predictor = network_predictor(network, compute)

    def draw(file: Path) -> None:
        image, notes = read_photo(file)
        for note in notes:
            print(f"note: {note}", file=sys.stderr)
        stem = output / f"{file.stem}-{cell.model}"
        if uncertainty:
            mask, unsure = predict_uncertain_mask(
                network,
                image,
                compute=compute,
                working_size=bench.working_size,
                samples=samples or PAPER_SAMPLES,
                seed=cell.seed,
            )
            written = save_picture(uncertainty_map(unsure), Path(f"{stem}-uncertainty.png"))
            print(f"{written}  mean uncertainty {unsure.mean():.4f}")
        else:
            mask = predict_mask(predictor, image, compute=compute, working_size=bench.working_size)
        print(save_picture(overlay(image, mask, taxonomy), Path(f"{stem}.png")))

    draw_each(files, draw)


def draw_each(files: Sequence[Path], draw: Callable[[Path], None]) -> None:
    """Call ``draw`` with every file; what is wrong with one keeps no other from being drawn.

    Raises:
        typer.Exit: with status 1, after all, if a file could not be drawn; its message is on
            stderr.
    """
    failed = 0
    for file in files:
        try:
            draw(file)
        except UserError as error:
            print(f"error: {error}", file=sys.stderr)
            failed += 1
    if failed and len(files) > 1:
        print(f"{failed} of {len(files)} pictures have no prediction.", file=sys.stderr)
    if failed:
        raise typer.Exit(1)


def check_trained_alike(cell: Cell, options: Mapping[str, Any]) -> None:
    """Make sure that the cell was trained with the dropout that it now has.

    Dropout has no weights, so those of a network without it would load.

    Raises:
        UserError: if its record says otherwise.
    """
    from segnet.results.records import TrainRecord

    folder = cell_report_folder(cell.bench, cell.slug)
    if not (folder / TrainRecord.FILE_NAME).exists():
        return
    trained = TrainRecord.read(folder).config.get("model", {})
    if trained != options:
        raise UserError(
            f"{cell.slug} was trained with models.{cell.model} {trained}, params.yaml now says "
            f"{dict(options)}. Run `dvc repro`."
        )

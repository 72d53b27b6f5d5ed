"""``segbench predict``: a trained network on pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from segnet.config import Cell, load_config
from segnet.errors import UserError, expand_short_name
from segnet.paths import cell_run_folder


def predict(
    path: Annotated[Path, typer.Argument(help="An image, or a folder of images.")],
    model: Annotated[str, typer.Option(help="Which model; default: the bench's first.")] = "",
    dataset: Annotated[str, typer.Option(help="Trained on which data set; default: first.")] = "",
    loss: Annotated[str, typer.Option(help="Trained with which loss; default: first.")] = "",
    seed: Annotated[int | None, typer.Option(help="Which seed; default: first.")] = None,
    output: Annotated[Path, typer.Option(help="Folder for the overlays.")] = Path("predictions"),
) -> None:
    """Draw a trained model's prediction over images."""
    from PIL import Image

    from segnet.checkpoint import load_weights
    from segnet.compute import choose_compute
    from segnet.datasets import define_dataset
    from segnet.datasets.images import read_rgb
    from segnet.evaluation import network_predictor
    from segnet.models import build_model
    from segnet.prediction import find_images, overlay, predict_mask

    config = load_config()
    bench = config.bench
    cell = Cell(
        bench=bench.name,
        dataset=dataset or bench.datasets[0],
        model=expand_short_name(model, bench.models) if model else bench.models[0],
        loss=loss or bench.losses[0],
        seed=bench.seeds[0] if seed is None else seed,
    )
    if cell not in config.bench.cells():
        known = ", ".join(one.slug for one in config.bench.cells())
        raise UserError(f"the bench '{bench.name}' has no cell {cell.slug}. Known: {known}.")
    taxonomy = define_dataset(cell.dataset, config.datasets).taxonomy
    compute = choose_compute(bench.precision)
    network = build_model(
        cell.model,
        num_classes=taxonomy.num_classes,
        width=bench.width,
        options=config.models[cell.model],
        seed=cell.seed,
    )
    compute.place(network)
    load_weights(network, cell_run_folder(bench.name, cell.slug) / "selected.safetensors")
    predictor = network_predictor(network, compute)
    output.mkdir(parents=True, exist_ok=True)
    for file in find_images(path):
        image = read_rgb(file)
        mask = predict_mask(predictor, image, compute=compute, working_size=bench.working_size)
        written = output / f"{file.stem}-{cell.model}.png"
        Image.fromarray(overlay(image, mask, taxonomy)).save(written)
        print(written)

"""``segbench predict``: a trained network on pictures and videos."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from segnet.bench.config import load_config
from segnet.cli.frame_progress import FrameProgress
from segnet.cli.options import DatasetName, LossName, ModelName, SeedNumber, made_folder, one_cell
from segnet.errors import UserError
from segnet.grid import Cell
from segnet.paths import cell_report_folder, cell_run_folder

if TYPE_CHECKING:
    import numpy as np

    from segnet.inference.drawing import Drawn

UNCERTAINTY_HELP = (
    "Average predictions with dropout kept on (Bayesian SegNet, arXiv 1511.02680), and draw where "
    "they disagree: the variance of the softmax, mean over the classes, as a share of the greatest "
    "possible (0 to 1, no unit). Grey is its square root, white is 1."
)
MASKS_HELP = (
    "Write label maps too, in OUTPUT/masks, which `segbench score` takes: PNG whose pixels are "
    "labels; classes.json names them."
)
JSON_HELP = "Print what was written and the share of each class."
WEIGHTS_HELP = (
    "A file of `segbench export`, from anywhere: no params.yaml is read, and the model is its own."
)
SAMPLES_HELP = "Predictions to average, with --uncertainty; default: 50, as in the paper."


def predict(
    paths: Annotated[list[Path], typer.Argument(help="Images, folders of images, videos.")],
    model: ModelName = "",
    dataset: DatasetName = "",
    loss: LossName = "",
    seed: SeedNumber = None,
    weights: Annotated[Path | None, typer.Option(help=WEIGHTS_HELP)] = None,
    uncertainty: Annotated[bool, typer.Option("--uncertainty", help=UNCERTAINTY_HELP)] = False,
    samples: Annotated[int | None, typer.Option(help=SAMPLES_HELP, min=2)] = None,
    masks: Annotated[bool, typer.Option("--masks", help=MASKS_HELP)] = False,
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
    output: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("predictions"),
) -> None:
    """Draw a trained model's prediction over images and videos, and write its label maps.

    A result is called PICTURE-MODEL-LOSS-sSEED.
    """
    from pipelines.cell import build_network
    from segnet.compute import choose_compute
    from segnet.datasets.registry import define_dataset
    from segnet.inference.bayesian import PAPER_SAMPLES, dropout_layers
    from segnet.inference.drawing import draw_picture, draw_video
    from segnet.inference.onnx_files import OnnxNetwork
    from segnet.inference.outputs import Outputs
    from segnet.inference.photos import find_images, read_photo
    from segnet.inference.prediction import (
        predict_mask,
        predict_uncertain_mask,
        save_picture,
        uncertainty_map,
    )
    from segnet.inference.videos import is_video
    from segnet.models.weight_files import load_weights
    from segnet.scoring.counts.evaluation import Predict, network_predictor

    if samples is not None and not uncertainty:
        raise UserError("--samples goes with --uncertainty; one prediction needs no samples.")
    files = find_images(paths)
    if weights is not None:
        if model or dataset or loss or seed is not None or uncertainty:
            raise UserError("--weights brings its own model and data set, without uncertainty.")
        exported = OnnxNetwork(weights)
        compute = choose_compute("float32")
        predictor: Predict = exported.predict
        taxonomy, working_size = exported.taxonomy, exported.working_size
        name = exported.facts.get("network", weights.stem)
    else:
        config = load_config()
        bench = config.bench
        cell = one_cell(bench, dataset=dataset, model=model, loss=loss, seed=seed)
        taxonomy, working_size = (
            define_dataset(cell.dataset, config.datasets).taxonomy,
            bench.working_size,
        )
        compute = choose_compute(bench.precision)
        network = build_network(
            config, cell.model, num_classes=taxonomy.num_classes, seed=cell.seed
        )
        if uncertainty:
            dropout_layers(network)
        compute.place(network)
        load_weights(network, cell_run_folder(bench.name, cell.slug) / "selected.safetensors")
        if uncertainty:
            check_trained_alike(cell, config.models[cell.model])
        predictor = network_predictor(network, compute)
        name = f"{cell.model}-{cell.loss}-s{cell.seed}"
    made_folder(output)
    outputs = Outputs(output, name, taxonomy, has_masks=masks)
    if masks:
        outputs.write_classes()
    told: list[dict[str, Any]] = []

    def predict_one(image: np.ndarray) -> np.ndarray:
        return predict_mask(predictor, image, compute=compute, working_size=working_size)

    def draw(file: Path) -> None:
        unsure: dict[str, Any] = {}
        if is_video(file):
            if uncertainty:
                raise UserError(f"{file} is a video; --uncertainty is for pictures. Leave it out.")
            with FrameProgress(file.name) as progress:
                drawn = draw_video(file, predict_one, outputs, progress.report)
        else:
            image, notes = read_photo(file)
            for note in notes:
                print(f"note: {note}", file=sys.stderr)
            if uncertainty:
                mask, variance = predict_uncertain_mask(
                    network,
                    image,
                    compute=compute,
                    working_size=working_size,
                    samples=samples or PAPER_SAMPLES,
                    seed=cell.seed,
                )
                path = outputs.path(file, "-uncertainty.png")
                unsure = {"uncertainty": str(save_picture(uncertainty_map(variance), path))}
                unsure["mean_uncertainty"] = float(variance.mean())
            else:
                mask = predict_one(image)
            drawn = draw_picture(file, image, mask, outputs)
        told.append({"network": name} | plain(drawn) | unsure)
        if not as_json:
            print(in_words(told[-1]))

    try:
        draw_each(files, draw)
    finally:
        if as_json:
            print(json.dumps(told, indent=1))


def plain(drawn: Drawn) -> dict[str, Any]:
    """What was written of a file, for programs."""
    return {
        key: str(value) if isinstance(value, Path) else value
        for key, value in drawn._asdict().items()
    }


def in_words(told: Mapping[str, Any]) -> str:
    """A line for each result of a file."""
    lines = [told["overlay"]]
    if told["frames_per_second"] is not None:
        lines[0] += f"  {told['frames']} frames, {told['frames_per_second']:.1f} frames/s"
    if told["masks"]:
        lines.append(told["masks"])
    if "uncertainty" in told:
        lines.insert(0, f"{told['uncertainty']}  mean uncertainty {told['mean_uncertainty']:.4f}")
    return "\n".join(lines)


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
        print(f"{failed} of {len(files)} files have no prediction.", file=sys.stderr)
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

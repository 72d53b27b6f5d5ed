"""``segbench export``: a trained network for other runtimes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

import segnet
from segnet.bench.config import load_config
from segnet.cli.options import DatasetName, LossName, SeedNumber, one_cell
from segnet.errors import UserError
from segnet.paths import cell_run_folder, prepared_folder

OUTPUT_HELP = "The file; default: DATASET-MODEL-LOSS-sSEED.onnx."


def export(
    model: Annotated[str, typer.Argument(help="Which model of the bench, such as v1.")],
    to: Annotated[str, typer.Option("--to", help="The format: onnx.")] = "onnx",
    dataset: DatasetName = "",
    loss: LossName = "",
    seed: SeedNumber = None,
    images: Annotated[int, typer.Option(help="Test images to check on.", min=1)] = 20,
    output: Annotated[Path | None, typer.Option(help=OUTPUT_HELP)] = None,
) -> None:
    """Write a trained network as an ONNX file, and run it on test images.

    Any batch, height and width; images in [0, 1] in, logits out. Needs the extra `segnet[onnx]`.
    """
    if to != "onnx":
        raise UserError(f"--to {to}: unknown format. Known: onnx.")
    from pipelines.cell import build_network
    from segnet.compute import choose_compute
    from segnet.datasets.prepared.store import read_dataset
    from segnet.datasets.prepared.tensor_split import load_resident
    from segnet.inference.onnx_check import differing_pixels
    from segnet.inference.onnx_files import OnnxNetwork, describe, export_onnx, require_onnx
    from segnet.models.weight_files import load_weights
    from segnet.results.provenance import git_commit

    require_onnx()
    config = load_config()
    bench = config.bench
    cell = one_cell(bench, dataset=dataset, model=model, loss=loss, seed=seed)
    data = read_dataset(prepared_folder(bench.name, cell.dataset))
    network = build_network(
        config, cell.model, num_classes=data.taxonomy.num_classes, seed=cell.seed
    )
    digest = load_weights(network, cell_run_folder(bench.name, cell.slug) / "selected.safetensors")
    compute = choose_compute("float32")
    path = output or Path(f"{cell.slug}.onnx")
    facts = {"network": f"{cell.model}-{cell.loss}-s{cell.seed}", "bench": bench.name}
    facts |= {"dataset": cell.dataset, "weights_sha256": digest, "commit": git_commit()}
    metadata = describe(
        data.taxonomy,
        working_size=bench.working_size,
        version=segnet.__version__,
        **facts,
    )
    export_onnx(network, path, metadata)
    split = load_resident(data.splits["test"], compute.device)
    differing, pixels = differing_pixels(network, OnnxNetwork(path), split, count=images)
    print(path)
    compared = f"{min(images, len(split))} test images, {pixels} pixels"
    if differing:
        print(f"{compared}: {differing} have another class in ONNX Runtime", file=sys.stderr)
    else:
        print(f"{compared}: all have the same class in ONNX Runtime", file=sys.stderr)

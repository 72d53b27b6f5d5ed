"""The command ``segbench``. Results on stdout, all else on stderr; torch is loaded when used."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from segnet.config import Cell, load_config
from segnet.errors import UserError, exit_on_user_error, expand_short_name
from segnet.paths import cell_run_folder, report_folder

app = typer.Typer(
    help="A reproducible benchmark of semantic segmentation: SegNet and its rivals.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
BenchName = Annotated[str, typer.Option(help="Which bench; default: the one in params.yaml.")]


def main() -> None:
    """Run the command line; a mistake of the user's is a message and exit status 1."""
    with exit_on_user_error():
        app()


def print_json(data: object) -> None:
    """JSON on stdout, without colours or line breaks that a terminal's width would add."""
    print(json.dumps(data, indent=1))


def names(text: str) -> tuple[str, ...]:
    """The words of a comma-separated option."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


@app.command("list")
def list_known(as_json: AsJson = False) -> None:
    """Show the models, losses, recipes, data sets and presets."""
    from segnet.inventory import inventory

    entries = inventory()
    if as_json:
        print_json([entry._asdict() for entry in entries])
        return
    table = Table("kind", "name", "what", "facts")
    for entry in entries:
        table.add_row(*entry)
    Console().print(table)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Check machine, data, weights and cells of the bench, and say what to do next."""
    from segnet.doctor import examine

    findings = examine(load_config())
    if as_json:
        print_json([finding._asdict() for finding in findings])
        return
    table = Table("what", "found", "what to do next")
    for finding in findings:
        table.add_row(*finding)
    Console().print(table)


@app.command()
def preset(
    name: Annotated[str, typer.Argument(help="Which preset; none lists them.")] = "",
) -> None:
    """Put a preset into params.yaml; `dvc repro` then runs it."""
    from segnet.presets import apply_preset, preset_files

    if not name:
        for known in preset_files():
            print(known)
        return
    bench = apply_preset(name)
    cells = len(load_config().bench.cells())
    print(f"params.yaml: bench '{bench.name}' ({bench.title}), {cells} cells. Next: dvc repro")


@app.command()
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


@app.command()
def report() -> None:
    """Render the report of the bench in params.yaml again, from its records."""
    from pipelines.report import main as render

    render()


@app.command()
def sync(bench: BenchName = "") -> None:
    """Bring MLflow up to date with the records; nothing happens where it already is."""
    from segnet.results import load_bench, reported_benches
    from segnet.tracking import sync as project

    for name in (bench,) if bench else reported_benches():
        done = project(load_bench(name))
        print(f"{name}: {done.created} created, {done.updated} updated, {done.unchanged} unchanged")


@app.command()
def ui(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 5000,
) -> None:
    """Open MLflow's server on the runs."""
    from segnet.tracking import serve_ui

    raise typer.Exit(serve_ui(host=host, port=port))


@app.command()
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

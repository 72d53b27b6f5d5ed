"""The command that chooses a bench, runs it and compares."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Annotated

import typer

from segnet.bench.config import load_config
from segnet.cli.bench import REWRITTEN, AsJson, print_pending
from segnet.cli.compare import compare
from segnet.cli.options import names
from segnet.errors import UserError


def run(
    dataset: Annotated[
        str, typer.Option(help="The YAML of your own data, or a data set of params.yaml.")
    ] = "",
    models: Annotated[str, typer.Option(help="Default: segnet_v1,unet.")] = "",
    losses: Annotated[str, typer.Option(help="Default: ce.")] = "",
    seeds: Annotated[str, typer.Option(help="Default: 0.")] = "",
    epochs: Annotated[int | None, typer.Option(help="Default: minutes a model.", min=1)] = None,
    recipe: Annotated[str, typer.Option(help="Default: modern; for narrow networks scratch.")] = "",
    size: Annotated[str, typer.Option(help="Height and width to train at, such as 120x160.")] = "",
    width: Annotated[float | None, typer.Option(help="Factor on channels.")] = None,
    weights: Annotated[str, typer.Option(help="random or vgg16.")] = "",
    name: Annotated[str, typer.Option(help="Of the bench and its report.")] = "",
    preset: Annotated[str, typer.Option(help="Put this preset into params.yaml first.")] = "",
    engine: Annotated[str, typer.Option(help="dvc (one cell after the other) or plain.")] = "dvc",
    jobs: Annotated[
        int,
        typer.Option(help="Cells at once; default: what there is room for.", min=0),
    ] = 0,
    max_minutes: Annotated[
        float, typer.Option(help="Stop then, with every state saved.", min=0)
    ] = math.inf,
    pack: Annotated[
        Path | None, typer.Option(help="Folder for archives of records and pictures.")
    ] = None,
    dry: Annotated[
        bool, typer.Option("--dry", help="Show what would run; change nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Train, score and compare: what params.yaml describes, or a data set, also of your own.

    With --dataset the bench is made anew, by these rules where you say nothing: images are shrunk
    to the area of 120x160 pixels (with a GPU 360x480), never enlarged. Encoders start from VGG16
    if its weights are there or in SEGBENCH_MIRROR, at width 1; else from random weights, without a
    GPU at width 0.25. Without a GPU a model sees 700 / width² images of 120x160 (minutes on two
    cores) in 5 to 500 epochs, with one 75,000 of 360x480 in 20 to 500. Without --dataset the
    options change the bench in params.yaml.

    With --engine plain the cells run as processes on this machine, also where DVC is not installed
    (docs/cluster.md). --jobs, --max-minutes and --pack are for it.
    """
    from segnet.bench.defaults import Wishes
    from segnet.bench.engine_run import EngineChoice
    from segnet.bench.plan import carry_out, expand_models, parse_seeds, parse_size, plan_run
    from segnet.bench.presets import apply_preset, bench_text

    choice = EngineChoice(engine, jobs, max_minutes, pack)
    where = None if engine == "dvc" else choice
    if where is None and choice != EngineChoice("dvc"):
        raise UserError("--jobs, --max-minutes and --pack need an engine: --engine plain.")
    if preset and not dry:
        apply_preset(preset)
    config = load_config()
    wishes = Wishes(
        name=name,
        models=expand_models(names(models), config),
        losses=names(losses),
        seeds=parse_seeds(names(seeds)),
        epochs=epochs,
        recipe=recipe,
        size=parse_size(size) if size else None,
        width=width,
        weights=weights,
    )
    plan = plan_run(dataset, wishes, config)
    for note in plan.notes:
        print(f"note: {note}", file=sys.stderr)
    print(bench_text(plan.bench), end="", file=sys.stdout if dry else sys.stderr)
    if dry:
        print_pending(plan.bench)
        return
    if plan.is_new or preset:
        print(f"note: {REWRITTEN}", file=sys.stderr)
    carry_out(plan, where)
    compare(bench=plan.bench.name, as_json=as_json)

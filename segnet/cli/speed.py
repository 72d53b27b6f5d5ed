"""``segbench speed``: parameters, multiply-adds and speed of networks on this machine."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from segnet.bench.config import load_config
from segnet.cli.bench import AsJson, print_json
from segnet.cli.options import names
from segnet.errors import expand_short_name, lookup

if TYPE_CHECKING:
    from segnet.measuring.cost.speed import Cost


def speed(
    models: Annotated[str, typer.Option(help="Such as v1,unet; default: the bench's.")] = "",
    size: Annotated[str, typer.Option(help="Height and width; default: the bench's.")] = "",
    batch: Annotated[int, typer.Option(help="Images at once, for images/s.", min=1)] = 4,
    classes: Annotated[int, typer.Option(help="Channels of the logits.", min=1)] = 11,
    as_json: AsJson = False,
) -> None:
    """Count and time networks on this machine; trains and writes nothing.

    Width, precision and the models' options are those of params.yaml. The report's figures are of
    the stage `measure` of `dvc repro`.
    """
    config = load_config()
    wanted = [expand_short_name(name, config.models) for name in names(models)]
    for name in wanted:
        lookup(config.models, name, what="model")

    from pipelines.cell import build_network
    from segnet.bench.plan import parse_size
    from segnet.compute import choose_compute
    from segnet.measuring.cost.speed import measure

    compute = choose_compute(config.bench.precision)
    costs = {}
    for name in wanted or config.bench.models:
        build = partial(build_network, config, name, num_classes=classes, seed=0)
        costs[name] = measure(
            build,
            compute,
            num_classes=classes,
            size=parse_size(size) if size else config.bench.working_size,
            batch_images=batch,
        )
    machine: dict[str, str | int] = {
        "device": compute.device_name,
        "precision": compute.precision,
        "threads": compute.threads,
    }
    if as_json:
        print_json([{"model": name, **asdict(cost), **machine} for name, cost in costs.items()])
        return
    Console().print(speed_table(costs, machine, channels=config.bench.width))


def speed_table(costs: dict[str, Cost], machine: dict[str, str | int], *, channels: float) -> Table:
    """A row a network; the title says on what and at which size."""
    first = next(iter(costs.values()))
    facts = ", ".join(f"{key} {value}" for key, value in machine.items())
    title = (
        f"{first.height}x{first.width}, {first.num_classes} classes, width {channels:g}, {facts}"
    )
    table = Table("model", title=Text(title, "table.title"))
    columns = ("M parameters", "GMACs", "ms an image", f"images/s at {first.batch_images}")
    for column in (*columns, "MiB"):
        table.add_column(column, justify="right")
    for name, cost in costs.items():
        memory = cost.peak_memory_mib
        table.add_row(
            name,
            f"{cost.parameters / 1e6:.3f}",
            f"{cost.multiply_adds / 1e9:.3g}",
            f"{cost.latency_ms:.3g}",
            f"{cost.images_per_second:.3g}",
            "-" if memory is None else f"{memory:.0f}",
        )
    return table

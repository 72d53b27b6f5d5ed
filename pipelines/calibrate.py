"""How long a training takes here. ``python -m pipelines.calibrate DATASET MODEL LOSS SEED``.

No stage: ``segbench run --engine`` asks it for an estimate. Prints the seconds of an epoch, from
the fastest of a few steps, and changes nothing.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import torch

from pipelines.cell import open_cell
from pipelines.training_start import start_training
from segnet.errors import exit_on_user_error
from segnet.training.batches import steps_per_epoch
from segnet.training.loop import TrainingStoppedError, fit

STEPS = 3
"""The first one warms up."""


def main(dataset: str, model: str, loss: str, seed: int) -> None:
    """Time the first steps of one cell's training."""
    opened = open_cell(dataset, model, loss, seed)
    recipe, start = opened.config.recipe, start_training(opened)
    ends: list[float] = []

    def on_step(_: int) -> None:
        if opened.compute.device.type == "cuda":
            torch.cuda.synchronize()
        ends.append(time.monotonic())

    total = steps_per_epoch(len(start.training), recipe.batch_size)
    with suppress(TrainingStoppedError), tempfile.TemporaryDirectory() as folder:
        fit(
            start.network,
            start.training,
            opened.split("val"),
            loss=start.loss,
            recipe=recipe,
            size=start.size,
            num_classes=opened.data.taxonomy.num_classes,
            total_epochs=STEPS,
            validate_every_epochs=STEPS,
            seed=seed,
            compute=opened.compute,
            state_path=Path(folder) / "state.pt",
            on_step=on_step,
            on_epoch=lambda _: None,
            should_stop=lambda: len(ends) == STEPS,
        )
    seconds = min(late - early for early, late in pairwise(ends))
    print(seconds * total)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m pipelines.calibrate")
    for axis in ("dataset", "model", "loss"):
        parser.add_argument(axis)
    parser.add_argument("seed", type=int)
    with exit_on_user_error():
        main(**vars(parser.parse_args()))

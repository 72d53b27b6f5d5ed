"""Stage ``train``: one cell. ``python -m pipelines.train DATASET MODEL LOSS SEED``.

Reads the prepared data set, trains, and leaves the weights of the selected and of the last epoch,
the history and the record. A killed run continues where it was last saved, a stopped one at the
very step. ``--bench NAME`` refuses to train a cell of another bench.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable
from dataclasses import asdict

from pipelines.cell import OpenCell, open_cell
from pipelines.training_start import start_training
from segnet.bench.config import config_digest
from segnet.bench.stage_code import code_digest
from segnet.cli.training_progress import TrainingProgress
from segnet.errors import UserError, exit_on_user_error
from segnet.models.weight_files import copy_weights, save_weights
from segnet.paths import cell_report_folder, cell_run_folder, checkpoint_folder, lock_file
from segnet.results.history import write_history
from segnet.results.provenance import installed_versions
from segnet.results.records import CHECKPOINTS, TrainRecord
from segnet.tracking import live_run
from segnet.training.batches import steps_per_epoch
from segnet.training.loop import TrainingStoppedError, fit
from segnet.training.memory import fitting_memory
from segnet.training.progress import EpochRow
from segnet.training.stopping import only_process, stop_requests


def main(dataset: str, model: str, loss: str, seed: int, bench: str | None = None) -> None:
    """Train one cell of the bench that ``params.yaml`` describes.

    Raises:
        UserError: if the training was stopped, another process trains the cell, or ``params.yaml``
            changed meanwhile; what was trained is kept.
    """
    opened = open_cell(dataset, model, loss, seed, bench=bench)
    # Two processes would share one state; a signal may come at any time from here on.
    lock = lock_file(opened.cell.bench, opened.cell.slug)
    with only_process(lock), stop_requests() as should_stop:
        train(opened, should_stop)


def train(opened: OpenCell, should_stop: Callable[[], bool]) -> None:
    """Train the cell until its end, or until ``should_stop`` says so."""
    config, cell, compute = opened.config, opened.cell, opened.compute
    bench = config.bench
    resolved = config.resolved(cell)
    digest = config_digest(resolved)

    # A mistake in data, options or weights shows before a run is announced.
    start = start_training(opened)
    validation = opened.split("val")

    # The unfinished training of other data, precision, code or versions is another training.
    state_key = config_digest(
        {
            **resolved,
            "data": opened.data.fingerprint,
            "precision": compute.precision,
            "code": code_digest("train", model=cell.model, loss=cell.loss),
            "versions": installed_versions(),
        }
    )
    state_folder = checkpoint_folder(state_key)

    # Who watches, terminal and tracker, sees each epoch as it ends, and changes no result.
    epoch_steps = steps_per_epoch(len(start.training), config.recipe.batch_size)
    display = TrainingProgress(
        f"{bench.name}/{cell.slug}",
        total_epochs=bench.total_epochs,
        steps_per_epoch=epoch_steps,
        cell=cell,
    )
    with display, live_run(cell, resolved, digest, total_epochs=bench.total_epochs) as live:

        def on_epoch(row: EpochRow) -> None:
            display.on_epoch(row)
            live.log_epoch(asdict(row))

        try:
            with fitting_memory(batch_size=config.recipe.batch_size, size=start.size):
                result = fit(
                    start.network,
                    start.training,
                    validation,
                    loss=start.loss,
                    recipe=config.recipe,
                    size=start.size,
                    num_classes=opened.data.taxonomy.num_classes,
                    total_epochs=bench.total_epochs,
                    validate_every_epochs=bench.validate_every_epochs,
                    seed=cell.seed,
                    compute=compute,
                    state_path=state_folder / "state.pt",
                    on_step=display.on_step,
                    on_epoch=on_epoch,
                    should_stop=should_stop,
                )
        except TrainingStoppedError:
            raise UserError(
                f"{cell.slug} was stopped; its state is saved. `dvc repro` goes on from there."
            ) from None

    # A result of settings that no longer stand in the file must not get their name.
    opened.require_unchanged()

    # The record comes last: what it names is then complete.
    runs = cell_run_folder(bench.name, cell.slug)
    weights = {"selected": result.selected_weights, "last": copy_weights(start.network)}
    digests = {
        checkpoint: save_weights(weights[checkpoint], runs / f"{checkpoint}.safetensors")
        for checkpoint in CHECKPOINTS
    }
    records = cell_report_folder(bench.name, cell.slug)
    write_history(records, [asdict(row) for row in result.history])
    seconds = sum(row.seconds for row in result.history)
    TrainRecord(
        cell=cell,
        config=resolved,
        config_digest=digest,
        parameters=sum(one.numel() for one in start.network.parameters()),
        steps=epoch_steps * bench.total_epochs,
        total_epochs=bench.total_epochs,
        selected_epoch=result.selected_epoch,
        selected_val_miou=result.selected_val_miou,
        last_val_miou=result.history[-1].val_miou,
        train_seconds=seconds,
        images_per_second=len(start.training) * bench.total_epochs / seconds,
        weights_sha256=digests,
        provenance=opened.provenance(),
    ).write(records)
    # Only now: a run that is killed before has lost nothing.
    shutil.rmtree(state_folder, ignore_errors=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m pipelines.train")
    for axis in ("dataset", "model", "loss"):
        parser.add_argument(axis)
    parser.add_argument("seed", type=int)
    parser.add_argument("--bench")
    with exit_on_user_error():
        main(**vars(parser.parse_args()))

"""Stage ``train``: one cell. ``python -m pipelines.train DATASET MODEL LOSS SEED``.

Reads the prepared data set, trains, and leaves the weights of the selected and of the last epoch,
the history and the record. A killed run continues where it was last saved.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict

from segnet.bench.config import config_digest, load_config
from segnet.cli.training_progress import TrainingProgress
from segnet.compute import choose_compute
from segnet.datasets.prepared.store import read_dataset
from segnet.datasets.prepared.tensor_split import load_resident
from segnet.errors import exit_on_user_error
from segnet.grid import Cell
from segnet.losses.building import build_loss
from segnet.models.building import build_model
from segnet.models.pretrained.loading import load_vgg16_convolutions, takes_vgg16_weights
from segnet.models.weight_files import copy_weights, save_weights
from segnet.paths import (
    cell_report_folder,
    cell_run_folder,
    checkpoint_folder,
    prepared_folder,
    weights_folder,
)
from segnet.results.history import write_history
from segnet.results.provenance import collect_provenance
from segnet.results.records import TrainRecord
from segnet.tracking import live_run
from segnet.training.batches import steps_per_epoch
from segnet.training.loop import fit
from segnet.training.progress import EpochRow


def main(dataset: str, model: str, loss: str, seed: int) -> None:
    """Train one cell of the bench that ``params.yaml`` describes."""
    config = load_config()
    bench = config.bench
    cell = Cell(bench=bench.name, dataset=dataset, model=model, loss=loss, seed=seed)
    resolved = config.resolved(cell)
    digest = config_digest(resolved)
    compute = choose_compute(bench.precision)

    data = read_dataset(prepared_folder(bench.name, dataset))
    train_split = data.splits["train"]
    objective = build_loss(
        loss,
        config.losses[loss],
        class_counts=train_split.class_counts,
        image_pixels=train_split.mask_sizes.prod(1),
    )
    training = load_resident(train_split, compute.device)
    validation = load_resident(data.splits["val"], compute.device)

    network = build_model(
        model,
        num_classes=data.taxonomy.num_classes,
        width=bench.width,
        options=config.models[model],
        seed=seed,
    )
    if bench.encoder_weights == "vgg16" and takes_vgg16_weights(network):
        weights = weights_folder("vgg16") / "vgg16_features.safetensors"
        load_vgg16_convolutions(network.get_submodule("encoder"), weights)

    state_key = config_digest(
        {**resolved, "data": data.fingerprint, "precision": compute.precision}
    )
    state_path = checkpoint_folder(state_key) / "state.pt"
    epoch_steps = steps_per_epoch(len(training), config.recipe.batch_size)
    display = TrainingProgress(
        f"{bench.name}/{cell.slug}",
        total_epochs=bench.total_epochs,
        steps_per_epoch=epoch_steps,
    )
    with display, live_run(cell, resolved, digest, total_epochs=bench.total_epochs) as live:

        def on_epoch(row: EpochRow) -> None:
            display.on_epoch(row)
            live.log_epoch(asdict(row))

        result = fit(
            network,
            training,
            validation,
            loss=objective,
            recipe=config.recipe,
            size=config.recipe.augmentation.crop_size(bench.working_size),
            num_classes=data.taxonomy.num_classes,
            total_epochs=bench.total_epochs,
            validate_every_epochs=bench.validate_every_epochs,
            seed=seed,
            compute=compute,
            state_path=state_path,
            on_step=display.on_step,
            on_epoch=on_epoch,
        )

    runs = cell_run_folder(bench.name, cell.slug)
    save_weights(result.selected_weights, runs / "selected.safetensors")
    save_weights(copy_weights(network), runs / "last.safetensors")
    records = cell_report_folder(bench.name, cell.slug)
    write_history(records, [asdict(row) for row in result.history])
    seconds = sum(row.seconds for row in result.history)
    TrainRecord(
        cell=cell,
        config=resolved,
        config_digest=digest,
        parameters=sum(one.numel() for one in network.parameters()),
        steps=epoch_steps * bench.total_epochs,
        total_epochs=bench.total_epochs,
        selected_epoch=result.selected_epoch,
        selected_val_miou=result.selected_val_miou,
        last_val_miou=result.history[-1].val_miou,
        train_seconds=seconds,
        images_per_second=len(training) * bench.total_epochs / seconds,
        provenance=collect_provenance(
            device=compute.device_name,
            precision=compute.precision,
            threads=compute.threads,
            data_fingerprint=data.fingerprint,
        ),
    ).write(records)
    state_path.unlink(missing_ok=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m pipelines.train")
    for axis in ("dataset", "model", "loss"):
        parser.add_argument(axis)
    parser.add_argument("seed", type=int)
    with exit_on_user_error():
        main(**vars(parser.parse_args()))

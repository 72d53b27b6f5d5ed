"""What the training of a cell begins with, for the stage ``train`` and for ``segbench lr-find``."""

from __future__ import annotations

import sys
from typing import NamedTuple

from torch import nn

from pipelines.cell import OpenCell
from segnet.datasets.prepared.tensor_split import ResidentSplit
from segnet.losses.building import build_loss
from segnet.losses.parts.contract import Loss
from segnet.models.pretrained import LOAD, weights_file
from segnet.training.calibration import calibrate_encoder, calibration_images


class TrainingStart(NamedTuple):
    """Everything that the first step depends on."""

    network: nn.Module
    """With its initial weights."""
    loss: Loss
    training: ResidentSplit
    size: tuple[int, int]
    """Height and width of the batches."""


def start_training(opened: OpenCell) -> TrainingStart:
    """The network, the loss and the images of a cell, as its training begins.

    Raises:
        UserError: if an option is wrong, or the initial weights are missing or do not fit.
    """
    config, cell = opened.config, opened.cell
    # The loss before the network: a wrong option is cheaper to find than weights are to load.
    split = opened.data.splits["train"]
    loss = build_loss(
        cell.loss,
        config.losses[cell.loss],
        class_counts=split.class_counts,
        image_pixels=split.mask_sizes.prod(1),
    )
    network = opened.network()
    kind = config.bench.encoder_weights
    file = weights_file(kind)
    is_loaded = LOAD[kind](network, file)
    if not is_loaded and kind != "random":
        print(f"{cell.slug}: has no encoder for {kind}; starts from random.", file=sys.stderr)
    size = config.recipe.augmentation.crop_size(config.bench.working_size)
    training = opened.split("train")
    if is_loaded and config.recipe.norm.encoder_start == "calibrated":
        opened.compute.place(network)
        batches = calibration_images(training, config.recipe, size, seed=cell.seed)
        calibrate_encoder(network, batches)
    return TrainingStart(network, loss, training, size)

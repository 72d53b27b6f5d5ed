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
    if not LOAD[kind](network, file) and kind != "random":
        print(f"{cell.slug}: has no encoder for {kind}; starts from random.", file=sys.stderr)
    size = config.recipe.augmentation.crop_size(config.bench.working_size)
    return TrainingStart(network, loss, opened.split("train"), size)

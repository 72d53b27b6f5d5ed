"""A bench for a data set, made of what the user says and of rules for the rest. No torch.

The rules, which ``segbench run --help`` repeats: images are shrunk to the area of 120x160, with a
GPU of 360x480, and never enlarged. Encoders start from VGG16's weights if they can be had without a
download, at full width; else from random ones, at a quarter of the width where there is no GPU. The
epochs are such that a model trains for minutes.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from segnet.bench.config import Config
from segnet.datasets.custom import stop_on_errors
from segnet.datasets.custom.description import Description
from segnet.datasets.custom.mask_decoding import REPLACE
from segnet.datasets.custom.pairs import survey
from segnet.datasets.preparing.picture_files import picture_size
from segnet.datasets.registry import define_dataset
from segnet.errors import UserError
from segnet.grid import Bench
from segnet.paths import raw_folder

AREA_CPU, AREA_GPU = 120 * 160, 360 * 480
SMALLEST_SIDE = 16
NARROW = 0.25
IMAGES_CPU = 700
"""Passes of an image of AREA_CPU through a network of full width: SegNet v1 takes three to four
minutes for them on two cores (camvid-cpu: 3.5 a second). The cost goes with the width squared."""
IMAGES_GPU = 75_000
"""200 epochs of CamVid."""
EPOCHS_CPU, EPOCHS_GPU = (5, 500), (20, 500)
ASSUMED_IMAGES = 400
VALIDATIONS = 10
OPTIONS = {"total_epochs": "epochs", "working_size": "size", "encoder_weights": "weights"}
"""The option of the command line that sets a key of the bench, where their names differ."""


class Machine(NamedTuple):
    """What the defaults depend on, beside the data."""

    has_gpu: bool
    has_vgg16: bool
    """The weights are there, or a mirror has them."""


class DataSize(NamedTuple):
    """How much there is to train on."""

    train_images: int
    height: int
    """Of the median image, in pixels."""
    width: int


@dataclass(frozen=True)
class Wishes:
    """What the user says of a bench; None and empty leave it to the rules."""

    name: str = ""
    models: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()
    epochs: int | None = None
    recipe: str = ""
    size: tuple[int, int] | None = None
    width: float | None = None
    weights: str = ""

    def said(self) -> dict[str, Any]:
        """The keys of a bench that the user gives, with their values."""
        keys = {
            "name": self.name,
            "models": self.models,
            "losses": self.losses,
            "seeds": self.seeds,
            "total_epochs": self.epochs,
            "recipe": self.recipe,
            "working_size": self.size,
            "width": self.width,
            "encoder_weights": self.weights,
        }
        return {key: value for key, value in keys.items() if value not in (None, "", ())}


def bench_with_defaults(
    dataset: str,
    data: DataSize | None,
    wishes: Wishes,
    machine: Machine,
    *,
    name: str,
    title: str,
) -> tuple[Bench, list[str]]:
    """The bench, and for what the user did not say the reasons.

    Args:
        dataset: a key of ``params.yaml: datasets``.
        data: None if the data are not there yet.
        wishes: take precedence.
        machine: what it can do.
        name: of the bench, unless the wishes name it.
        title: of its report.
    """
    notes = []
    weights, width, note = _weights_and_width(wishes, machine)
    notes += note
    if data is None:
        size = (360, 480) if machine.has_gpu else (120, 160)
        data = DataSize(ASSUMED_IMAGES, *size)
        notes.append(f"the data are not there yet: {size[0]}x{size[1]}, {ASSUMED_IMAGES} images")
    size = wishes.size or working_size(data, AREA_GPU if machine.has_gpu else AREA_CPU)
    epochs = wishes.epochs or default_epochs(data, size, width, has_gpu=machine.has_gpu)
    notes.append(
        f"{data.train_images} training images, median {data.height}x{data.width}, "
        f"{'a GPU' if machine.has_gpu else 'no GPU'}: {epochs} epochs at {size[0]}x{size[1]}"
    )
    chosen: dict[str, Any] = {
        "name": name,
        "title": title,
        "datasets": (dataset,),
        "models": ("segnet_v1", "unet"),
        "losses": ("ce",),
        "seeds": (0,),
        "recipe": "modern" if width == 1 else "scratch",
        "working_size": size,
        "total_epochs": epochs,
        "validate_every_epochs": max(1, epochs // VALIDATIONS),
        "width": width,
        "encoder_weights": weights,
        "precision": "auto",
    }
    return _checked(chosen | wishes.said()), notes


def change_bench(bench: Bench, wishes: Wishes) -> Bench:
    """The bench with what the user says; validation stays within the epochs."""
    values = bench.model_dump() | wishes.said()
    values["validate_every_epochs"] = min(bench.validate_every_epochs, values["total_epochs"])
    return _checked(values)


def _checked(values: dict[str, Any]) -> Bench:
    try:
        return Bench.model_validate(values)
    except ValidationError as error:
        problems = []
        for one in error.errors():
            key = str(one["loc"][0])
            problems.append(f"--{OPTIONS.get(key, key)}: {one['msg']}, not {one['input']!r}.")
        raise UserError("\n".join(problems)) from None


def working_size(data: DataSize, area: int) -> tuple[int, int]:
    """Height and width of the median image, shrunk to at most ``area`` pixels."""
    ratio = min(1.0, math.sqrt(area / (data.height * data.width)))
    return (
        max(SMALLEST_SIDE, round(data.height * ratio)),
        max(SMALLEST_SIDE, round(data.width * ratio)),
    )


def default_epochs(data: DataSize, size: tuple[int, int], width: float, *, has_gpu: bool) -> int:
    """As many as the budget of images gives, within bounds."""
    area = size[0] * size[1]
    if has_gpu:
        images, (low, high) = IMAGES_GPU * AREA_GPU / area, EPOCHS_GPU
    else:
        images, (low, high) = IMAGES_CPU * AREA_CPU / (area * width**2), EPOCHS_CPU
    return min(high, max(low, round(images / data.train_images)))


def _weights_and_width(wishes: Wishes, machine: Machine) -> tuple[str, float, list[str]]:
    """Where encoders start and how wide networks are; pretrained weights have full width only."""
    if wishes.weights == "vgg16" and wishes.width not in (None, 1.0):
        raise UserError(f"--weights vgg16 has --width 1, not {wishes.width:g}. Leave one out.")
    if wishes.weights:
        weights, notes = wishes.weights, []
    elif wishes.width not in (None, 1.0):
        weights, notes = "random", ["random initial weights: VGG16's have full width only"]
    elif machine.has_vgg16:
        weights, notes = "vgg16", ["initial weights of VGG16, which are at hand"]
    else:
        reason = "random initial weights: VGG16's are not at hand (--weights vgg16 downloads them)"
        weights, notes = "random", [reason]
    if wishes.width is not None:
        return weights, wishes.width, notes
    return weights, 1.0 if weights != "random" or machine.has_gpu else NARROW, notes


def measure_own_data(description: Description, file: Path) -> DataSize:
    """Count and measure the training images of a YAML.

    Raises:
        UserError: with all that is wrong with the pairs.
    """
    found = survey(description, file)
    stop_on_errors(found.findings, file)
    sizes = [picture_size(pair.image, step=REPLACE) for pair in found.splits["train"]]
    widths, heights = zip(*sizes, strict=True)
    return DataSize(len(sizes), round(statistics.median(heights)), round(statistics.median(widths)))


def measure_known_data(name: str, config: Config) -> DataSize | None:
    """Count the training images of a data set and measure the first; None if it is not there."""
    try:
        samples = define_dataset(name, config.datasets).samples(raw_folder(name))["train"]
        height, width = samples[0].read().mask.shape
    except UserError:
        return None
    return DataSize(len(samples), height, width)

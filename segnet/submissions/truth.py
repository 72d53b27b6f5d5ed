"""The masks that predictions are held against, at their native size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from segnet.datasets.custom import stop_on_errors
from segnet.datasets.custom.description import Description
from segnet.datasets.custom.mask_decoding import read_mask, read_picture
from segnet.datasets.custom.pairs import survey
from segnet.datasets.definition import DatasetDefinition
from segnet.datasets.prepared.store import PreparedDataset
from segnet.errors import UserError, unknown
from segnet.taxonomy import Taxonomy


@dataclass(frozen=True)
class Truth:
    """The labelled images of one split."""

    dataset: str
    title: str
    split: str
    taxonomy: Taxonomy
    names: tuple[str, ...]
    """In ascending order, as in the records of a bench."""
    sequences: tuple[str, ...]
    """The video of each image; a still has its own name."""
    mask: Callable[[int], UInt8[np.ndarray, "h w"]]
    """The mask of the image with this index; ``IGNORE_INDEX`` is void."""
    image: Callable[[int], UInt8[np.ndarray, "h w 3"]]
    """The image itself, whose size may be another."""
    note: str = ""
    """What every table of the data set must say."""

    def __len__(self) -> int:
        return len(self.names)


def truth_of_store(
    dataset: str, definition: DatasetDefinition, prepared: PreparedDataset, split: str
) -> Truth:
    """The masks that the stage `prepare` left.

    Raises:
        UserError: if there is no such split.
    """
    if split not in prepared.splits:
        raise unknown("split", split, prepared.splits)
    stored = prepared.splits[split]
    return Truth(
        dataset,
        definition.title,
        split,
        prepared.taxonomy,
        stored.names,
        stored.sequences,
        stored.mask,
        lambda index: stored.images[index][tuple(map(slice, stored.image_sizes[index]))],
        definition.note,
    )


def truth_of_raw(
    dataset: str, definition: DatasetDefinition, raw_folder: Path, split: str
) -> Truth:
    """The masks as published.

    Raises:
        UserError: if there is no such split, or files are missing.
    """
    samples = definition.samples(raw_folder)
    if split not in samples:
        raise unknown("split", split, samples)
    ordered = sorted(samples[split], key=lambda one: one.name)
    return Truth(
        dataset,
        definition.title,
        split,
        definition.taxonomy,
        tuple(one.name for one in ordered),
        tuple(one.sequence for one in ordered),
        lambda index: ordered[index].read().mask,
        lambda index: ordered[index].read().image,
        definition.note,
    )


def truth_of_description(description: Description, file: Path, split: str) -> Truth:
    """The masks of a user's own data set, which its YAML describes.

    Raises:
        UserError: if there is no such split, or something is wrong with the data set.
    """
    found = survey(description, file)
    stop_on_errors(found.findings, file)
    if split not in found.splits:
        raise unknown("split", split, found.splits)
    pairs = sorted(found.splits[split], key=lambda one: one.name)
    if not pairs:
        raise UserError(f"{file}: the split '{split}' has no labelled image. Name another split.")
    readers = [partial(read_mask, one.mask, description.mask_code()) for one in pairs]
    return Truth(
        description.name,
        description.title or description.name,
        split,
        description.taxonomy(),
        tuple(one.name for one in pairs),
        tuple(one.sequence for one in pairs),
        lambda index: readers[index](),
        lambda index: read_picture(pairs[index].image),
    )

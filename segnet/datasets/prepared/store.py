"""The prepared format of every data set: arrays that are read once and stay in memory. No torch.

A prepared data set is a folder with ``dataset.json`` (classes, fingerprint, and per split the
names, sizes, sequences and class counts) and ``<split>/images.npy`` and ``<split>/masks.npy``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64, UInt8

from segnet.errors import UserError
from segnet.taxonomy import Taxonomy

FORMAT = 1


@dataclass(frozen=True)
class PreparedSplit:
    """The arrays of one split, memory-mapped, with what is known of each image.

    Images and masks sit at the top left of a canvas; ``image_sizes`` and ``mask_sizes`` say how
    much of it is theirs. Canvas pixels outside hold 0 in images and ``IGNORE_INDEX`` in masks.
    """

    images: UInt8[np.ndarray, "n h w 3"]
    masks: UInt8[np.ndarray, "n mask_h mask_w"]
    names: tuple[str, ...]
    """In ascending order; unique in the data set."""
    sequences: tuple[str, ...]
    image_sizes: Int64[np.ndarray, "n 2"]
    mask_sizes: Int64[np.ndarray, "n 2"]
    class_counts: Int64[np.ndarray, "n classes"]
    """Labelled pixels of each class in each image, at native size."""

    def __len__(self) -> int:
        return len(self.names)

    def mask(self, index: int) -> UInt8[np.ndarray, "h w"]:
        """One mask at its native size, without the canvas around it."""
        height, width = self.mask_sizes[index]
        return self.masks[index, :height, :width]

    def class_shares(self) -> Float64[np.ndarray, " classes"]:
        """The share of each class in the labelled pixels; NaN if no pixel is labelled."""
        counts = self.class_counts.sum(0)
        with np.errstate(invalid="ignore"):
            return np.asarray(counts / counts.sum())

    def void_share(self) -> float:
        """The share of unlabelled pixels in all pixels."""
        return 1 - float(self.class_counts.sum() / self.mask_sizes.prod(1).sum())


@dataclass(frozen=True)
class PreparedDataset:
    """A data set as the ``prepare`` stage leaves it."""

    taxonomy: Taxonomy
    fingerprint: str
    """SHA-256 over the splits in order and their images in name order: of each image the SHA-256 of
    its name, size, decoded native RGB bytes and native labels. Neither the file format nor the
    working size changes it."""
    splits: Mapping[str, PreparedSplit]


def read_dataset(folder: Path) -> PreparedDataset:
    """Open a prepared data set; its arrays are memory-mapped and read-only.

    Raises:
        UserError: if ``folder`` holds none, or one of another format.
    """
    path = folder / "dataset.json"
    mend = f"Delete {folder} and run `dvc repro`."
    try:
        record = json.loads(path.read_text())
        if record.get("format") != FORMAT:
            raise UserError(
                f"{path} has format {record.get('format')}, this code reads {FORMAT}. {mend}"
            )
        colors = tuple((red, green, blue) for red, green, blue in record["colors"])
        splits = {
            name: _read_split(folder / name, facts) for name, facts in record["splits"].items()
        }
        taxonomy = Taxonomy(tuple(record["classes"]), colors)
        return PreparedDataset(taxonomy, record["fingerprint"], splits)
    except FileNotFoundError:
        raise UserError(
            f"{path} does not exist. Run `dvc repro`, which prepares the data."
        ) from None
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is damaged ({error!r}). {mend}") from None


def _read_split(folder: Path, facts: Mapping[str, Any]) -> PreparedSplit:
    try:
        images = np.load(folder / "images.npy", mmap_mode="r")
        masks = np.load(folder / "masks.npy", mmap_mode="r")
    except (OSError, ValueError) as error:  # missing or cut short
        raise UserError(f"{folder} is damaged ({error}). Delete it and run `dvc repro`.") from None
    if not len(images) == len(masks) == len(facts["names"]):
        raise UserError(
            f"{folder} has {len(images)} images and {len(masks)} masks of {len(facts['names'])} "
            "names. Delete it and run `dvc repro`."
        )
    return PreparedSplit(
        images=images,
        masks=masks,
        names=tuple(facts["names"]),
        sequences=tuple(facts["sequences"]),
        image_sizes=np.array(facts["image_sizes"], np.int64),
        mask_sizes=np.array(facts["mask_sizes"], np.int64),
        class_counts=np.array(facts["class_counts"], np.int64),
    )

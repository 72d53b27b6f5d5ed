"""What ``prepare`` does to each image: check it, count it, hash its pixels, shrink it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64, UInt8
from PIL import Image

from segnet.errors import UserError
from segnet.taxonomy import IGNORE_INDEX


class Pair(NamedTuple):
    """A decoded image and its mask, at the same, native size."""

    image: UInt8[np.ndarray, "h w 3"]
    mask: UInt8[np.ndarray, "h w"]
    """Class labels ``0 .. num_classes - 1`` and ``IGNORE_INDEX``."""


@dataclass(frozen=True)
class Sample:
    """One labelled image that can be read."""

    name: str
    sequence: str
    """Images of one video share it; a still has its own name here."""
    read: Callable[[], Pair]
    """Can be pickled, for other processes to call."""


class Decoded(NamedTuple):
    """A sample ready for the store."""

    image: UInt8[np.ndarray, "h w 3"]
    """Shrunk to the working size."""
    mask: UInt8[np.ndarray, "mask_h mask_w"]
    """At native size."""
    class_counts: Int64[np.ndarray, " classes"]
    """Pixels of each class at native size, void left out."""
    digest: bytes
    """SHA-256 of the name, the native size, and the native bytes of image and mask."""


def decode(sample: Sample, *, num_classes: int, working_size: tuple[int, int]) -> Decoded:
    """Read a sample and make it ready for the store.

    Raises:
        UserError: if the pair has a wrong type or shape, or a label that is no class.
    """
    image, mask = sample.read()
    _check_types(sample.name, image, mask)
    counts = np.bincount(mask.ravel(), minlength=IGNORE_INDEX + 1)
    if counts[num_classes:IGNORE_INDEX].any():
        row, column = np.argwhere((mask >= num_classes) & (mask != IGNORE_INDEX))[0].tolist()
        raise UserError(
            f"the mask of '{sample.name}' has label {mask[row, column]} at row {row}, "
            f"column {column}; labels are 0..{num_classes - 1} and {IGNORE_INDEX} for void. "
            "Check the class list of the data set."
        )
    digest = hashlib.sha256(f"{sample.name}\n{mask.shape[0]} {mask.shape[1]}\n".encode())
    digest.update(np.ascontiguousarray(image).data)
    digest.update(np.ascontiguousarray(mask).data)
    return Decoded(
        shrink(image, working_size), mask, counts[:num_classes].astype(np.int64), digest.digest()
    )


def shrink(
    image: UInt8[np.ndarray, "h w 3"], working_size: tuple[int, int]
) -> UInt8[np.ndarray, "small_h small_w 3"]:
    """The image made to fit in ``(height, width)``, aspect kept to the pixel; never enlarged.

    Pillow's BILINEAR averages over a triangle as wide as two output pixels, so nothing aliases at
    any ratio; BOX is sharper but its blocks are uneven where the ratio is no integer.
    """
    height, width = image.shape[:2]
    ratio = min(1.0, working_size[0] / height, working_size[1] / width)
    if ratio == 1:
        return image
    size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR))


def _check_types(name: str, image: np.ndarray, mask: np.ndarray) -> None:
    wanted = "an RGB image (h, w, 3) and a mask (h, w) of one size, both uint8"
    if (
        image.ndim != 3
        or image.shape[2] != 3
        or image.shape[:2] != mask.shape
        or 0 in mask.shape
        or image.dtype != np.uint8
        or mask.dtype != np.uint8
    ):
        raise UserError(
            f"'{name}' is an image {image.shape} {image.dtype} and a mask {mask.shape} "
            f"{mask.dtype}, not {wanted}. Mend the data set's `samples`."
        )

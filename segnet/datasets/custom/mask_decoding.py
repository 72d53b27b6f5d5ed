"""Masks that people store as palette, grey or colour images, to class labels.

A label or colour that stands for nothing is never guessed: it is reported with file and pixel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int32, UInt8
from PIL import Image

from segnet.datasets.custom.classes import Color
from segnet.datasets.preparing.picture_files import open_picture
from segnet.errors import UserError
from segnet.taxonomy import IGNORE_INDEX

LABEL_MODES = ("1", "L", "P")
WIDE_MODES = ("I", "I;16", "I;16B", "I;16L", "I;16N")
COLOR_MODES = ("RGB", "RGBA", "RGBX", "LA", "La", "PA", "RGBa")
REPLACE = "Replace it by a sound copy, or take the pair out of the data."


@dataclass(frozen=True)
class MaskCode:
    """What the stored values stand for: a class, or ``IGNORE_INDEX``.

    A grey or palette image is read by its ``labels``, a palette's colours are then not looked at;
    if there are none, it is read by colour like an RGB image.
    """

    labels: Mapping[int, int]
    colors: Mapping[Color, int]


class Stray(NamedTuple):
    """A stored value that stands for nothing."""

    value: str
    """``label 7`` or ``colour #ff0000 [255, 0, 0]``."""
    pixels: int
    row: int
    """Of the first such pixel."""
    column: int


class InspectedMask(NamedTuple):
    """A mask with whatever in it is wrong; stray pixels are ``IGNORE_INDEX``."""

    mask: UInt8[np.ndarray, "h w"]
    strays: tuple[Stray, ...]
    labels: frozenset[int]
    """The stored values, if they are labels."""


def read_picture(path: Path) -> UInt8[np.ndarray, "h w 3"]:
    """The RGB pixels of an image, as stored: an EXIF orientation is not applied.

    Raises:
        UserError: if it cannot be decoded, or has more than 8 bits a channel.
    """
    return open_picture(path, step=REPLACE).rgb()


def read_mask(path: Path, code: MaskCode) -> UInt8[np.ndarray, "h w"]:
    """The classes of a mask's pixels, ``IGNORE_INDEX`` for void.

    Raises:
        UserError: if the file cannot be decoded, is lossy or has a mode that is no mask's, or on a
            label or colour that stands for nothing; names the file, the first such pixel and the
            value.
    """
    mask, strays, _ = inspect_mask(path, code)
    if strays:
        first = min(strays, key=lambda stray: (stray.row, stray.column))
        raise UserError(
            f"{path} has {first.value} at row {first.row}, column {first.column} "
            f"({first.pixels} such pixels), which is neither a class nor void. Correct the mask, "
            "or add it to `classes` or `ignore` of the data set's YAML."
        )
    return mask


def inspect_mask(path: Path, code: MaskCode) -> InspectedMask:
    """A mask with a list of all values in it that stand for nothing.

    Raises:
        UserError: if the file cannot be decoded, is lossy or has a mode that is no mask's.
    """
    picture = open_picture(path, step=REPLACE)
    picture.require_lossless()
    image = picture.image
    if image.mode in (*LABEL_MODES, *WIDE_MODES) and code.labels:
        stored = _labels(image, path)
        mask, strays = _translate(stored, code.labels, "label {0}")
        return InspectedMask(mask, strays, frozenset(np.unique(stored).tolist()))
    if image.mode in (*LABEL_MODES, *COLOR_MODES):
        if not code.colors:
            raise UserError(
                f"{path} is a colour image ({image.mode}), but no class has a `color`. Give the "
                "classes colours in the data set's YAML, or save the mask as grey or palette."
            )
        packed = {
            (red << 16) + (green << 8) + blue: index
            for (red, green, blue), index in code.colors.items()
        }
        picture.require_eight_bits()
        mask, strays = _translate(_packed_colors(image, path), packed, "colour #{0:06x}")
        return InspectedMask(mask, strays, frozenset())
    raise UserError(
        f"{path} has mode {image.mode}; a mask is a grey, palette or RGB image of 8 bits. Save it "
        "as PNG in one of these."
    )


def _labels(image: Image.Image, path: Path) -> Int32[np.ndarray, "h w"]:
    """Stored labels; of a 16 or 32-bit image if they fit in 8 bits."""
    stored = np.asarray(image).astype(np.int64)
    if image.mode in WIDE_MODES and (stored.min() < 0 or stored.max() > 255):
        row, column = np.argwhere((stored < 0) | (stored > 255))[0].tolist()
        raise UserError(
            f"{path} has mode {image.mode} and the label {stored[row, column]} at row {row}, "
            f"column {column}; labels are 0..255. Save the mask with 8 bits."
        )
    return np.asarray(stored.astype(np.int32))


def _packed_colors(image: Image.Image, path: Path) -> Int32[np.ndarray, "h w"]:
    """Colours as 0xrrggbb. What shows through a transparent pixel is no colour."""
    if image.has_transparency_data:
        alpha = np.asarray(image.convert("RGBA"))[..., 3]
        if (alpha < 255).any():
            row, column = np.argwhere(alpha < 255)[0].tolist()
            raise UserError(
                f"{path} is transparent at row {row}, column {column}, where its colour is not "
                "seen. Save the mask without transparency."
            )
    red, green, blue = np.moveaxis(np.asarray(image.convert("RGB")).astype(np.int32), -1, 0)
    return np.asarray((red << 16) + (green << 8) + blue)


def _translate(
    stored: Int32[np.ndarray, "h w"], meaning: Mapping[int, int], wording: str
) -> tuple[UInt8[np.ndarray, "h w"], tuple[Stray, ...]]:
    """Replace every stored value by what it stands for."""
    keys = np.array(sorted(meaning), np.int32)
    values = np.array([meaning[key] for key in sorted(meaning)], np.uint8)
    place = np.searchsorted(keys, stored).clip(max=len(keys) - 1)
    known: Bool[np.ndarray, "h w"] = keys[place] == stored
    mask = np.where(known, values[place], np.uint8(IGNORE_INDEX))
    if known.all():
        return mask, ()
    places = np.flatnonzero(~known)
    found, first, pixels = np.unique(stored.ravel()[places], return_index=True, return_counts=True)
    strays = []
    for value, index, count in zip(found.tolist(), first.tolist(), pixels.tolist(), strict=True):
        row, column = divmod(int(places[index]), stored.shape[1])
        strays.append(Stray(wording.format(value), count, row, column))
    return mask, tuple(strays)

"""Image files to arrays; a file that cannot be decoded is named."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from segnet.datasets.preparing.picture_files import open_picture
from segnet.errors import UserError
from segnet.taxonomy import IGNORE_INDEX

IMAGE_SUFFIXES = (".png", ".webp", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
FETCH_AGAIN = "Delete it and fetch the data set again."


def read_rgb(path: Path) -> UInt8[np.ndarray, "h w 3"]:
    """The decoded pixels of an image, as stored: an EXIF orientation is not applied.

    Raises:
        UserError: if the file is missing, damaged, no image, or has more than 8 bits a channel.
    """
    return open_picture(path, step=FETCH_AGAIN).rgb()


def read_labels(path: Path) -> UInt8[np.ndarray, "h w"]:
    """The labels of a grey or palette image, as stored: a palette's colours are not looked at.

    Raises:
        UserError: if the file cannot be decoded, is lossy or has more than one byte a pixel.
    """
    picture = open_picture(path, step=FETCH_AGAIN)
    picture.require_lossless()
    image = picture.image
    if image.mode not in ("L", "P"):
        raise UserError(
            f"{path} has mode {image.mode}; a mask is an 8-bit grey or palette image (L or P). "
            "Fetch the data set again."
        )
    return np.asarray(image)


def map_labels(
    labels: UInt8[np.ndarray, "h w"], path: Path, *, num_classes: int, void: int
) -> UInt8[np.ndarray, "h w"]:
    """Labels with ``void`` replaced by ``IGNORE_INDEX``.

    Raises:
        UserError: on a label that is neither a class nor ``void``; names ``path`` and the first
            such pixel.
    """
    stray = (labels >= num_classes) & (labels != void)
    if stray.any():
        row, column = np.argwhere(stray)[0].tolist()
        raise UserError(
            f"{path} has label {labels[row, column]} at row {row}, column {column} "
            f"({int(stray.sum())} such pixels); labels are 0..{num_classes - 1} and {void} for "
            "void. Fetch the data set again."
        )
    return np.where(labels == void, np.uint8(IGNORE_INDEX), labels)


def read_color_labels(
    path: Path, colors: tuple[tuple[int, int, int], ...]
) -> UInt8[np.ndarray, "h w"]:
    """The place in ``colors`` of each pixel's colour; at most ``IGNORE_INDEX`` colours.

    Raises:
        UserError: if the file cannot be decoded or is lossy, or on a colour that is not in
            ``colors``; names ``path``, the first such pixel and its colour.
    """
    picture = open_picture(path, step=FETCH_AGAIN)
    picture.require_lossless()
    pixels = picture.rgb().astype(np.uint32)
    codes = pixels[..., 0] << 16 | pixels[..., 1] << 8 | pixels[..., 2]
    labels = np.asarray(_places_by_code(colors)[codes])
    stray = labels == IGNORE_INDEX
    if stray.any():
        row, column = np.argwhere(stray)[0].tolist()
        red, green, blue = pixels[row, column].tolist()
        raise UserError(
            f"{path} has the colour ({red}, {green}, {blue}) at row {row}, column {column} "
            f"({int(stray.sum())} pixels have such), which is no class. Resizing invents "
            "colours: fetch the data set again."
        )
    return labels


def files_by_stem(folder: Path, *, suffixes: Iterable[str] = IMAGE_SUFFIXES) -> dict[str, Path]:
    """The images of a folder by name without suffix, in name order.

    Raises:
        UserError: if there is no such folder, or two images differ in their suffix only.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} does not exist. Fetch the data set again.")
    files: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in suffixes and not path.name.startswith("."):
            if path.stem in files:
                raise UserError(f"{path} and {files[path.stem].name} have one name. Delete one.")
            files[path.stem] = path
    return files


@cache
def _places_by_code(colors: tuple[tuple[int, int, int], ...]) -> UInt8[np.ndarray, " codes"]:
    """By 0xrrggbb the place in ``colors``, else ``IGNORE_INDEX``: 16 MiB, made once a process."""
    places = np.full(2**24, IGNORE_INDEX, np.uint8)
    for place, (red, green, blue) in enumerate(colors):
        places[red << 16 | green << 8 | blue] = place
    return places

"""The pictures that a user asks predictions of, as a viewer would show them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8
from PIL import ImageOps

from segnet.datasets.preparing.images import IMAGE_SUFFIXES
from segnet.datasets.preparing.picture_files import PictureFile, open_picture
from segnet.errors import UserError

REPLACE = "Name a sound copy of it, or another picture."


class Photo(NamedTuple):
    """A picture to predict."""

    pixels: UInt8[np.ndarray, "h w 3"]
    """Upright: an EXIF orientation is applied."""
    notes: tuple[str, ...]
    """What of the file is not seen in the pixels."""


def find_images(paths: Iterable[Path]) -> list[Path]:
    """The files that are named, and the images of the folders that are, in name order.

    Raises:
        UserError: if a path holds none, or two files have one name but for folder and suffix:
            what is written of them would have one name too.
    """
    found: dict[str, Path] = {}
    for path in paths:
        for file in _images_at(path):
            if found.setdefault(file.stem, file) != file:
                raise UserError(
                    f"{found[file.stem]} and {file} have one name, and so would their results. "
                    "Predict them one after the other, each with its own --output."
                )
    return list(found.values())


def read_photo(path: Path) -> Photo:
    """A picture, turned as its EXIF says.

    Raises:
        UserError: if it cannot be decoded, or has more than 8 bits a channel.
    """
    picture = open_picture(path, step=REPLACE)
    pixels = picture.rgb()
    if picture.orientation != 1:
        image = ImageOps.exif_transpose(picture.image)
        pixels = PictureFile(path, image, 8, False, 1, 1).rgb()
    notes = []
    if picture.pages > 1:
        notes.append(f"{path} has {picture.pages} pages; the first is predicted")
    if hidden := picture.transparent_pixels():
        notes.append(f"{path} is transparent in {hidden} pixels; the colours under them are used")
    return Photo(pixels, tuple(notes))


def _images_at(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    images = sorted(one for one in path.glob("*") if one.suffix.lower() in IMAGE_SUFFIXES)
    if not images:
        raise UserError(f"{path} is neither an image nor a folder of images. Name another path.")
    return images

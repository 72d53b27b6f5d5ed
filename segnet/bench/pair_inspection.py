"""What is wrong with one image and its mask; for the doctor of a user's own data. No torch."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64

from segnet.bench.contact_sheet import Tile, make_tile
from segnet.datasets.custom.mask_decoding import REPLACE, MaskCode, Stray, inspect_mask
from segnet.datasets.custom.pairs import LabelledFile
from segnet.datasets.preparing.picture_files import PictureFile, open_picture
from segnet.errors import UserError
from segnet.taxonomy import IGNORE_INDEX


class Inspected(NamedTuple):
    """What was found in one pair of files."""

    errors: tuple[str, ...]
    strays: tuple[Stray, ...]
    oddities: tuple[str, ...]
    """Kinds of ``ODDITIES`` that the image has."""
    digest: bytes
    """SHA-256 of the image's pixels; empty if it could not be read."""
    class_counts: Int64[np.ndarray, " classes"]
    labels: frozenset[int]
    """What the mask stores, if it is read by label."""
    tile: Tile | None


ODDITIES = {
    "stored turned (EXIF orientation)": "check on the contact sheet that masks fit stored pixels",
    "of several pages, of which the first is used": "save each page as a picture of its own",
    "transparent in places, where hidden colours are used": "save it without transparency",
}
"""What of an image file is not seen in its pixels, and what to do."""


def inspect_pair(
    code: MaskCode, num_classes: int, drawn: set[tuple[str, str]], named: tuple[str, LabelledFile]
) -> Inspected:
    """Decode a pair.

    Args:
        code: what the masks' values stand for.
        num_classes: how many classes there are.
        drawn: split and name of the pairs that get a tile.
        named: the split and the pair.
    """
    split, pair = named
    errors: list[str] = []
    counts = np.zeros(num_classes, np.int64)
    image = mask = tile = None
    strays: tuple[Stray, ...] = ()
    labels: frozenset[int] = frozenset()
    oddities: tuple[str, ...] = ()
    digest = b""
    try:
        picture = open_picture(pair.image, step=REPLACE)
        image, oddities = picture.rgb(), _oddities(picture)
        digest = hashlib.sha256(f"{image.shape}".encode() + image.tobytes()).digest()
    except UserError as error:
        errors.append(str(error))
    try:
        mask, strays, labels = inspect_mask(pair.mask, code)
        counts += np.bincount(mask.ravel(), minlength=IGNORE_INDEX + 1)[:num_classes]
    except UserError as error:
        errors.append(str(error))
    if image is not None and mask is not None:
        if image.shape[:2] != mask.shape:
            errors.append(
                f"{pair.image} is {image.shape[1]}x{image.shape[0]} but {pair.mask} is "
                f"{mask.shape[1]}x{mask.shape[0]}. Draw the mask on the image at its stored size."
            )
        elif (split, pair.name) in drawn:
            tile = make_tile(f"{split}/{pair.name}", image, mask)
    return Inspected(tuple(errors), strays, oddities, digest, counts, labels, tile)


def _oddities(picture: PictureFile) -> tuple[str, ...]:
    found = (picture.orientation != 1, picture.pages > 1, picture.transparent_pixels() > 0)
    return tuple(kind for kind, is_so in zip(ODDITIES, found, strict=True) if is_so)

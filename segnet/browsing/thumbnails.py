"""Small pictures and small label maps, packed for a page. No torch."""

from __future__ import annotations

import base64
import io
import math
import zlib
from collections.abc import Iterable

import numpy as np
from jaxtyping import UInt8
from PIL import Image

PHOTO_QUALITY = 55
"""Of WebP: enough to recognise a scene by."""


def thumbnail_size(size: tuple[int, int], area: int) -> tuple[int, int]:
    """Height and width with about ``area`` pixels and the same proportions; never enlarged."""
    factor = min(1.0, math.sqrt(area / (size[0] * size[1])))
    height, width = (max(1, round(side * factor)) for side in size)
    return height, width


def pack_photo(pixels: UInt8[np.ndarray, "h w 3"], size: tuple[int, int]) -> str:
    """A WebP of this height and width, as base64."""
    small = Image.fromarray(pixels).resize((size[1], size[0]), Image.Resampling.BOX)
    file = io.BytesIO()
    small.save(file, "WEBP", quality=PHOTO_QUALITY, method=6)
    return base64.b64encode(file.getvalue()).decode()


def shrink_labels(
    mask: UInt8[np.ndarray, "h w"], size: tuple[int, int]
) -> UInt8[np.ndarray, "small_h small_w"]:
    """The labels in the middle of each pixel of a smaller map."""
    rows, columns = (
        ((np.arange(small) + 0.5) * full / small).astype(int)
        for small, full in zip(size, mask.shape, strict=True)
    )
    return np.asarray(mask[np.ix_(rows, columns)])


def pack_labels(maps: Iterable[UInt8[np.ndarray, "h w"]]) -> str:
    """All label maps, row by row and one behind the other, deflated, as base64."""
    raw = b"".join(np.ascontiguousarray(one).tobytes() for one in maps)
    return base64.b64encode(zlib.compress(raw, 9)).decode()

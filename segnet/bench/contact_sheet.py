"""One picture of many labelled images: each beside its overlay, with a legend. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

from segnet.taxonomy import IGNORE_COLOR, Taxonomy

TILE_WIDTH, TILE_HEIGHT = 200, 150
COLUMNS = 3
GAP = 8
TEXT_HEIGHT = 18
TEXT_SIZE = 12
OPACITY = 0.5


class Tile(NamedTuple):
    """One labelled image, small enough for the sheet."""

    caption: str
    image: UInt8[np.ndarray, "h w 3"]
    mask: UInt8[np.ndarray, "h w"]


def make_tile(
    caption: str, image: UInt8[np.ndarray, "h w 3"], mask: UInt8[np.ndarray, "h w"]
) -> Tile:
    """Shrink a pair to fit a tile; masks by the nearest pixel."""
    height, width = mask.shape
    ratio = min(TILE_WIDTH / width, TILE_HEIGHT / height)
    size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    small = Image.fromarray(image).resize(size, Image.Resampling.BILINEAR)
    labels = Image.fromarray(mask).resize(size, Image.Resampling.NEAREST)
    return Tile(caption, np.asarray(small), np.asarray(labels))


def contact_sheet(tiles: Sequence[Tile], taxonomy: Taxonomy) -> Image.Image:
    """All tiles in rows, each image beside itself with the classes' colours over it.

    Args:
        tiles: in reading order.
        taxonomy: gives names and colours; void is drawn as ``void``.
    """
    cell_width, cell_height = 2 * TILE_WIDTH + 2 * GAP, TILE_HEIGHT + TEXT_HEIGHT + GAP
    rows = -(-len(tiles) // COLUMNS)
    width = COLUMNS * cell_width + GAP
    legend = _legend(taxonomy, width)
    top = rows * cell_height + GAP
    sheet = Image.new("RGB", (width, top + legend.height), "white")
    sheet.paste(legend, (0, top))
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(TEXT_SIZE)
    for index, tile in enumerate(tiles):
        row, column = divmod(index, COLUMNS)
        x, y = GAP + column * cell_width, GAP + row * cell_height
        mixed = (1 - OPACITY) * tile.image + OPACITY * taxonomy.colorize(tile.mask)
        pen.text((x, y), tile.caption, fill="black", font=font)
        sheet.paste(Image.fromarray(tile.image), (x, y + TEXT_HEIGHT))
        overlay = Image.fromarray(mixed.round().astype(np.uint8))
        sheet.paste(overlay, (x + tile.image.shape[1] + 1, y + TEXT_HEIGHT))
    return sheet


def _legend(taxonomy: Taxonomy, width: int) -> Image.Image:
    """A swatch and a name for each class and void, in as many lines as they need."""
    font = ImageFont.load_default(TEXT_SIZE)
    entries = [*zip(taxonomy.names, taxonomy.colors, strict=True), ("void", IGNORE_COLOR)]
    places, x, y = [], GAP, 0
    for name, _ in entries:
        needed = TEXT_HEIGHT + round(font.getlength(name)) + 2 * GAP
        if x + needed > width and x > GAP:
            x, y = GAP, y + TEXT_HEIGHT
        places.append((x, y))
        x += needed
    legend = Image.new("RGB", (width, y + TEXT_HEIGHT + GAP), "white")
    pen = ImageDraw.Draw(legend)
    for (name, color), (left, upper) in zip(entries, places, strict=True):
        pen.rectangle((left, upper, left + TEXT_SIZE, upper + TEXT_SIZE), fill=color)
        pen.text((left + TEXT_HEIGHT, upper), name, fill="black", font=font)
    return legend

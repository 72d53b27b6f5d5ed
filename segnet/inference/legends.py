"""The names of classes beside their colours, under a picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

from segnet.taxonomy import Taxonomy

PIXELS_A_LETTER = 60
"""The letters are a sixtieth of the picture's width high, within ``LETTER_SIZES``."""
LETTER_SIZES = (11, 28)
PAPER = (255, 255, 255)
INK = (20, 20, 20)


def with_legend(
    picture: UInt8[np.ndarray, "h w 3"], taxonomy: Taxonomy, labels: Sequence[int]
) -> UInt8[np.ndarray, "taller w 3"]:
    """The picture with a strip below it that names classes; the picture itself stays as it is.

    Args:
        picture: of any size; a name that is wider is cut off.
        taxonomy: names and colours.
        labels: of the classes to name.
    """
    width = picture.shape[1]
    size = int(np.clip(width // PIXELS_A_LETTER, *LETTER_SIZES))
    font = ImageFont.load_default(size)
    names = [taxonomy.names[label] for label in labels]
    gap = size // 2
    cell = size + 2 * gap + int(max((font.getlength(name) for name in names), default=0))
    columns = max(1, (width - gap) // cell)
    line = size + gap
    strip = Image.new("RGB", (width, gap + line * -(-len(names) // columns)), PAPER)
    draw = ImageDraw.Draw(strip)
    for at, (label, name) in enumerate(zip(labels, names, strict=True)):
        left, top = gap + cell * (at % columns), gap + line * (at // columns)
        draw.rectangle((left, top, left + size - 1, top + size - 1), fill=taxonomy.colors[label])
        draw.text((left + size + gap, top + size // 2), name, fill=INK, font=font, anchor="lm")
    return np.concatenate([picture, np.asarray(strip)])

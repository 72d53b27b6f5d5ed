"""Colours for labels: those of Pascal VOC, and as many as wanted that people can tell apart."""

from __future__ import annotations

from functools import cache

import numpy as np
from jaxtyping import Float64, UInt8

CHANNEL_LEVELS = 18
"""Candidates are a cube of this many values a channel; steps of 15."""
SRGB_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
"""Of linear sRGB, white point D65 (IEC 61966-2-1)."""


@cache
def distinct_colors(count: int) -> tuple[tuple[int, int, int], ...]:
    """Black, then the colour farthest from those before it in CIELAB, again and again.

    The first colours of a longer palette are those of a shorter one. Distances are rounded, so
    that the last bit of a cube root on another machine decides no tie.
    """
    steps = np.linspace(0, 255, CHANNEL_LEVELS).round().astype(np.uint8)
    candidates = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), -1).reshape(-1, 3)
    lab = to_lab(candidates)
    chosen = [0]
    nearest = np.full(len(candidates), np.inf)
    while len(chosen) < count:
        nearest = np.minimum(nearest, np.linalg.norm(lab - lab[chosen[-1]], axis=1))
        chosen.append(int(nearest.round(6).argmax()))
    return tuple((red, green, blue) for red, green, blue in candidates[chosen].tolist())


def to_lab(colors: UInt8[np.ndarray, "n 3"]) -> Float64[np.ndarray, "n 3"]:
    """CIELAB (D65) of sRGB colours; a distance of 2.3 is just noticeable (Mahy et al. 1994)."""
    encoded = colors / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    ratio = linear @ SRGB_TO_XYZ.T / SRGB_TO_XYZ.sum(1)
    cube = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    x, y, z = cube.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)


def voc_colors(first: int, count: int) -> tuple[tuple[int, int, int], ...]:
    """The colours that Pascal VOC, and others after it, give to the labels from ``first`` on.

    The bits of a label go to red, green and blue in turn, the lowest to the highest bit of the
    colour (``VOClabelcolormap`` of the devkit), so that near labels have unlike colours.
    """
    return tuple(_color(label) for label in range(first, first + count))


def _color(label: int) -> tuple[int, int, int]:
    color = [0, 0, 0]
    for bit in range(8):
        color[bit % 3] |= (label >> bit & 1) << 7 - bit // 3
    return color[0], color[1], color[2]

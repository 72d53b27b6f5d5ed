"""The colours that Pascal VOC gives to labels, and that others took over."""

from __future__ import annotations


def voc_colors(first: int, count: int) -> tuple[tuple[int, int, int], ...]:
    """The colours of the labels from ``first`` on.

    The bits of a label go to red, green and blue in turn, the lowest to the highest bit of the
    colour (``VOClabelcolormap`` of the devkit), so that near labels have unlike colours.
    """
    return tuple(_color(label) for label in range(first, first + count))


def _color(label: int) -> tuple[int, int, int]:
    color = [0, 0, 0]
    for bit in range(8):
        color[bit % 3] |= (label >> bit & 1) << 7 - bit // 3
    return color[0], color[1], color[2]

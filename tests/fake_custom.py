"""A user's own data set as users make them: small drawings, their masks and a YAML."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

CLASSES = ("ground", "disc", "box")
INK = ((90, 130, 60), (220, 60, 40), (40, 80, 210))
"""What the classes look like, also in colour masks."""
VOID = 255

YAML = """\
name: drawings
title: Discs and boxes
classes: [ground, disc, box]
ignore: 255
images: images
masks: masks
"""


def make_custom(
    folder: Path,
    *,
    count: int = 10,
    size: tuple[int, int] = (48, 64),
    image_suffix: str = ".jpg",
    text: str = YAML,
) -> Path:
    """Draw ``count`` pairs, ``images/drawing_00.jpg`` and ``masks/drawing_00.png``, and a YAML.

    Every mask is an 8-bit grey image with all three classes and a row of void at the bottom.

    Returns:
        The path of the YAML.
    """
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    for number in range(count):
        picture, labels = draw(number, size)
        picture.save(folder / f"images/drawing_{number:02d}{image_suffix}")
        labels.save(folder / f"masks/drawing_{number:02d}.png")
    file = folder / "drawings.yaml"
    file.write_text(text)
    return file


def draw(number: int, size: tuple[int, int]) -> tuple[Image.Image, Image.Image]:
    """A disc and a box on noisy ground, no two numbers alike, and the labels."""
    height, width = size
    rng = np.random.default_rng(number)
    labels = Image.new("L", (width, height), 0)
    pen = ImageDraw.Draw(labels)
    left, top = int(rng.integers(0, width // 4)), int(rng.integers(0, height // 4))
    pen.ellipse((left, top, left + width // 3, top + height // 2), fill=1)
    left, top = left + width // 2, top + height // 3
    pen.rectangle((left, top, left + width // 5, top + height // 3), fill=2)
    pen.line((0, height - 1, width, height - 1), fill=VOID)
    palette = np.zeros((256, 3), np.int64)
    palette[: len(INK)] = INK
    noise = rng.integers(-15, 16, (height, width, 3))
    pixels = (palette[np.asarray(labels)] + noise).clip(0, 255).astype(np.uint8)
    return Image.fromarray(pixels), labels


def recolor(mask: Path, colors: dict[int, tuple[int, int, int]]) -> None:
    """Store a grey mask as an RGB image."""
    with Image.open(mask) as image:
        labels = np.asarray(image)
    pixels = np.zeros((*labels.shape, 3), np.uint8)
    for label, color in colors.items():
        pixels[labels == label] = color
    Image.fromarray(pixels).save(mask)

"""A data set on which mistakes are expensive: thin lines everywhere, and labels for under half."""

from __future__ import annotations

from functools import partial

import numpy as np

from segnet.datasets.preparing.samples import Pair, Sample
from segnet.datasets.preparing.writing import write_dataset
from segnet.paths import prepared_folder
from segnet.taxonomy import IGNORE_INDEX, Taxonomy

SIDE = 64
"""Of images and masks as stored; a bench trains at half of it, so masks are larger than images."""
TILES = 12
INK = ((110, 110, 110), (200, 60, 50), (60, 170, 70), (60, 80, 200), (210, 190, 60))
CLASSES = Taxonomy(("grey", "red", "green", "blue", "joint"), INK)
JOINT = CLASSES.names.index("joint")
"""The line of about two pixels between tiles: a label that is resized by mixing is seldom it."""
UNLABELLED_PATCHES = 16
"""Squares of SIDE / 4: about 60 % of all pixels, as where only some things were annotated."""


def draw_mosaic(number: int) -> Pair:
    """Tiles around random points with joints between them, in noisy colours; labels with gaps."""
    rng = np.random.default_rng(number)
    points = rng.uniform(0, SIDE, (TILES, 2))
    classes = rng.permutation(np.arange(TILES) % JOINT)
    places = np.stack(np.mgrid[:SIDE, :SIDE], -1)[:, :, None]
    distances = np.sqrt(((places - points) ** 2).sum(-1))
    labels = classes[distances.argmin(-1)].astype(np.uint8)
    nearest, second = np.sort(distances, -1)[..., :2].transpose(2, 0, 1)
    labels[second - nearest < 2] = JOINT
    pixels = np.array(INK)[labels] + rng.normal(0, 15, (SIDE, SIDE, 3))
    for _ in range(UNLABELLED_PATCHES):
        top, left = rng.integers(-SIDE // 8, SIDE, 2)
        labels[max(0, top) : top + SIDE // 4, max(0, left) : left + SIDE // 4] = IGNORE_INDEX
    return Pair(pixels.clip(0, 255).astype(np.uint8), labels)


def write_mosaics(bench: str, dataset: str) -> None:
    """Prepare the data set for a bench of the project in the current folder."""
    samples, first = {}, 0
    for split, size in (("train", 64), ("val", 8), ("test", 24)):
        numbers = range(first, first + size)
        names = {number: f"{split}{number:03d}" for number in numbers}
        samples[split] = [
            Sample(name, name, partial(draw_mosaic, number)) for number, name in names.items()
        ]
        first += size
    working_size = (SIDE // 2, SIDE // 2)
    write_dataset(prepared_folder(bench, dataset), CLASSES, samples, working_size=working_size)

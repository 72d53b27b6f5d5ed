"""How many pixels CamVid's training masks have of each class, for tests of class weights."""

from __future__ import annotations

import numpy as np

# CamVid's training masks, 367 of 480 x 360, the classes in order and void last
CAMVID_IMAGE_PIXELS = np.full(367, 480 * 360)
CAMVID_PIXELS = [
    *(10682767, 14750079, 623349, 20076880, 2845085, 6166762),
    *(743859, 714595, 3719877, 405385, 184967, 2503995),
]
CAMVID_IMAGES = [366, 365, 366, 367, 349, 319, 351, 173, 360, 317, 201, 367]
"""In how many of the masks each class occurs."""


def camvid_counts() -> np.ndarray:
    """Counts of images with the sums of CamVid's: the weights depend on nothing else."""
    counts = np.zeros((367, 12), np.int64)
    for column, (pixels, images) in enumerate(zip(CAMVID_PIXELS, CAMVID_IMAGES, strict=True)):
        counts[:images, column] = pixels // images
        counts[0, column] += pixels % images
    return counts

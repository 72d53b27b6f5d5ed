"""Confusion counts of predictors that look at nothing, for tests of statistics."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int64

Counts = Int64[np.ndarray, "n classes classes"]


def stills(number: int) -> list[str]:
    """That many images, each a sequence of its own."""
    return [f"image{position}" for position in range(number)]


def random_truth(seed: int, images: int, num_classes: int) -> Int64[np.ndarray, "n classes"]:
    """Pixels of each class in each image; about a third of the classes are absent from an image."""
    random = np.random.default_rng(seed)
    pixels = random.integers(1, 2000, (images, num_classes))
    return np.where(random.random(pixels.shape) < 1 / 3, 0, pixels)


def random_counts(seed: int, truth: Int64[np.ndarray, "n classes"], recall: float = 0.6) -> Counts:
    """A predictor of that mean recall, better on some images than on others."""
    random = np.random.default_rng(seed)
    num_classes = truth.shape[1]
    counts = np.zeros((*truth.shape, num_classes), np.int64)
    for image, of_image in enumerate(truth):
        right = np.clip(random.normal(recall, 0.1), 0, 1)
        for label, pixels in enumerate(of_image):
            shares = np.full(num_classes, (1 - right) / (num_classes - 1))
            shares[label] = right
            counts[image, label] = random.multinomial(pixels, shares)
    return counts


TRUTH = random_truth(0, 40, 5)
MODELS = {f"model{seed}": random_counts(seed, TRUTH)[None] for seed in range(3)}

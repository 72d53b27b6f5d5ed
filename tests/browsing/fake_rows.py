"""A split of six images and two rows of predictions, small enough to be shown in full."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8

from segnet.browsing.rows import Row
from segnet.submissions.truth import Truth
from segnet.taxonomy import IGNORE_INDEX, Taxonomy

CLASSES = Taxonomy(("road", "sky", "<tree>"), ((128, 64, 128), (70, 130, 180), (0, 128, 0)))
NAMES = tuple(f"frame{number}" for number in range(6))
SIZE = (12, 16)


def fake_masks() -> UInt8[np.ndarray, "n h w"]:
    """Random classes and some void; the images 1 and 4 have no tree."""
    masks = np.random.default_rng(1).integers(0, 3, (len(NAMES), *SIZE)).astype(np.uint8)
    masks[[1, 4]] = masks[[1, 4]] % 2
    masks[:, 0, :5] = IGNORE_INDEX
    return masks


def fake_predicted(seed: int) -> UInt8[np.ndarray, "n h w"]:
    """The truth with a share of random classes that differs from image to image."""
    rng = np.random.default_rng(seed)
    masks = fake_masks()
    shares = rng.permutation(len(NAMES))[:, None, None] / 10
    random = rng.integers(0, 3, masks.shape).astype(np.uint8)
    predicted = np.where((rng.random(masks.shape) < shares) | (masks > 2), random, masks)
    predicted[1] %= 2  # neither has image 1 a tree, nor is one predicted
    return predicted


def fake_truth() -> Truth:
    masks = fake_masks()
    return Truth(
        "fake",
        "Fake frames",
        "test",
        CLASSES,
        NAMES,
        ("clip",) * len(NAMES),
        lambda index: masks[index],
        lambda index: np.full((24, 32, 3), 40 * index, np.uint8),
    )


def fake_rows() -> list[Row]:
    return [
        Row("unet/ce s0", lambda: list(fake_predicted(2))),
        Row("fcn8s/ce s0", lambda: list(fake_predicted(3))),
    ]

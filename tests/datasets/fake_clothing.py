"""A small Clothing Co-Parsing in the layout of the real one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.io
from PIL import Image

from segnet.datasets import clothing

LABELLED_PHOTOS = 44
LISTED_PHOTOS = 40
ABSENT = (12, 23, 30, 50)
"""Labels that occur in no photo, as in the real data."""


def expect_small_clothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the loader expect as many photos as ``make_clothing`` writes."""
    monkeypatch.setattr(clothing, "LABELLED_PHOTOS", LABELLED_PHOTOS)
    monkeypatch.setattr(clothing, "LISTED_PHOTOS", LISTED_PHOTOS)


def make_clothing(folder: Path) -> None:
    """Write LABELLED_PHOTOS photos with masks and two without, in three sizes, labels 0..58."""
    rng = np.random.default_rng(0)
    photos, masks = folder / "photos", folder / "annotations/pixel-level"
    photos.mkdir(parents=True)
    masks.mkdir(parents=True)
    clothes = np.setdiff1d(np.arange(1, 59), ABSENT)
    for number in range(1, LABELLED_PHOTOS + 3):
        height, width = 12 + number % 3, 10
        pixels = rng.integers(0, 256, (height, width, 3), np.uint8)
        Image.fromarray(pixels).save(photos / f"{number:04d}.jpg")
        if number > LABELLED_PHOTOS:
            continue
        worn = np.append(rng.choice(clothes, 5, replace=False), 0)
        labels = rng.choice(worn, (height, width)).astype(np.uint8)
        scipy.io.savemat(masks / f"{number:04d}.mat", {"groundtruth": labels}, do_compression=True)

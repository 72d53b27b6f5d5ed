"""A small raw CamVid in the layout of the real one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segnet.datasets import camvid32
from segnet.datasets.camvid32.classes import RAW_COLORS

SEQUENCES = {
    "train": {"0001TP": 3, "0016E5": 4},
    "val": {"0006R0": 2},
    "test": {"Seq05VD": 3},
}
FRAMES = {
    "0001TP": "0001TP_{:06d}",
    "0016E5": "0016E5_{:05d}",
    "0006R0": "0006R0_f{:05d}",
    "Seq05VD": "Seq05VD_f{:05d}",
}
UNLABELLED = "0001TP_999999"


def expect_small_camvid32(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the loader expect as many frames as ``make_camvid32`` writes."""
    monkeypatch.setattr(camvid32, "SEQUENCES", SEQUENCES)


def make_camvid32(folder: Path, *, height: int = 8, width: int = 12) -> None:
    """Write frames and colour-coded labels, each colour in each label, and a frame without one."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    sizes = {video: size for videos in SEQUENCES.values() for video, size in videos.items()}
    for video, size in sizes.items():
        for number in range(size):
            name = FRAMES[video].format(number * 30)
            pixels = rng.integers(0, 256, (height, width, 3), np.uint8)
            places = rng.permutation(np.arange(height * width) % len(RAW_COLORS))
            colors = np.array(RAW_COLORS, np.uint8)[places.reshape(height, width)]
            Image.fromarray(pixels).save(folder / f"{name}.png")
            Image.fromarray(colors).save(folder / f"{name}_L.png")
    Image.fromarray(np.zeros((height, width, 3), np.uint8)).save(folder / f"{UNLABELLED}.png")

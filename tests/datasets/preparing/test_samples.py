"""What ``prepare`` does to the pixels of an image, against torch and by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from fakes import sample, write
from torch.nn import functional as F

from segnet.datasets.preparing.samples import Pair, decode, shrink
from segnet.errors import UserError
from segnet.taxonomy import IGNORE_INDEX


@pytest.mark.parametrize("size", [(24, 32), (20, 26), (11, 30)])
def test_images_shrink_as_torch_does_with_antialiasing(size: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    small = np.array(shrink(image, size))
    pixels = torch.from_numpy(image).permute(2, 0, 1)[None].float()
    expected = F.interpolate(pixels, size=small.shape[:2], mode="bilinear", antialias=True)
    difference = torch.from_numpy(small).permute(2, 0, 1)[None] - expected
    assert difference.abs().max() < 1.01  # Pillow rounds after each axis


@pytest.mark.parametrize(
    ("native", "fit", "expected"),
    [((50, 75), (20, 100), (20, 30)), ((30, 53), (20, 40), (20, 35)), ((9, 9), (20, 40), (9, 9))],
)
def test_a_working_size_is_the_nearest_that_keeps_the_aspect(
    native: tuple[int, int], fit: tuple[int, int], expected: tuple[int, int]
) -> None:
    """30 x 53 shrinks by 2/3, to a width of 35.33; an image that fits keeps its size."""
    assert shrink(np.zeros((*native, 3), np.uint8), fit).shape[:2] == expected


def test_pixels_are_counted_by_class_and_void_is_not() -> None:
    mask = np.array([[0, 0, 1], [IGNORE_INDEX, 1, 1]], np.uint8)
    one = sample("a", Pair(np.zeros((2, 3, 3), np.uint8), mask))
    assert decode(one, num_classes=3, working_size=(1, 1)).class_counts.tolist() == [2, 3, 0]


def test_the_first_label_after_the_last_class_is_an_error() -> None:
    mask = np.array([[0, 1, 2]], np.uint8)
    one = sample("a", Pair(np.zeros((1, 3, 3), np.uint8), mask))
    with pytest.raises(UserError, match=r"'a' has label 2 at row 0, column 2; .* 0\.\.1"):
        decode(one, num_classes=2, working_size=(9, 9))


def test_void_is_a_share_of_the_masks_and_not_of_their_canvas(tmp_path: Path) -> None:
    """3 of 8 + 2 pixels; the canvas holds 2 x 8."""
    masks = [[[0, 1, 0, 1], [1, 1, 255, 255]], [[0, 255]]]
    samples = [
        sample(
            name, Pair(np.zeros((len(rows), len(rows[0]), 3), np.uint8), np.array(rows, np.uint8))
        )
        for name, rows in zip("ab", masks, strict=True)
    ]
    train = write(tmp_path / "out", train=samples).splits["train"]
    assert train.void_share() == pytest.approx(3 / 10)
    assert train.class_shares().tolist() == pytest.approx([3 / 7, 4 / 7])

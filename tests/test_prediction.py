from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from segnet.compute import Compute
from segnet.errors import UserError
from segnet.prediction import find_images, overlay, predict_mask
from segnet.taxonomy import Taxonomy

TAXONOMY = Taxonomy(("dark", "light"), ((0, 0, 200), (200, 0, 0)))


def brightness(images: Tensor) -> Tensor:
    level = images.mean(1, keepdim=True)
    return torch.cat([0.5 - level, level - 0.5], 1)


def test_mask_has_the_size_of_the_image_whatever_the_working_size() -> None:
    image = np.zeros((50, 70, 3), np.uint8)
    image[:, 40:] = 255
    mask = predict_mask(
        brightness, image, compute=Compute(torch.device("cpu"), "float32"), working_size=(20, 30)
    )
    assert mask.shape == (50, 70)
    assert (mask[:, :37] == 0).all()
    assert (mask[:, 43:] == 1).all()


def test_overlay_mixes_the_colours_half_and_half() -> None:
    image = np.full((1, 2, 3), 100, np.uint8)
    mixed = overlay(image, np.array([[0, 1]], np.uint8), TAXONOMY)
    np.testing.assert_array_equal(mixed, [[[50, 50, 150], [150, 50, 50]]])


def test_images_of_a_folder_are_found_in_name_order(tmp_path: Path) -> None:
    for name in ("b.PNG", "a.jpg"):
        Image.new("RGB", (4, 4)).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no image")
    assert [path.name for path in find_images(tmp_path)] == ["a.jpg", "b.PNG"]
    assert find_images(tmp_path / "a.jpg") == [tmp_path / "a.jpg"]


def test_folder_without_images_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="neither an image nor a folder of images"):
        find_images(tmp_path)

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segnet.datasets.custom.mask_decoding import MaskCode, inspect_mask, read_mask, read_picture
from segnet.errors import UserError

LABELS = MaskCode({3: 0, 7: 1, 0: 255}, {})
COLORS = MaskCode({}, {(255, 0, 0): 0, (0, 255, 0): 1, (0, 0, 0): 255})
STORED = np.array([[3, 7, 7], [0, 3, 0]], np.uint8)
EXPECTED = [[0, 1, 1], [255, 0, 255]]


def save(folder: Path, pixels: np.ndarray, mode: str | None = None, name: str = "m.png") -> Path:
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(folder / name)
    return folder / name


def palette_image(folder: Path) -> Path:
    """Index 3 is red, 7 is green, 0 is black."""
    image = Image.fromarray(STORED)
    colors = [0] * 768
    colors[9:12], colors[21:24] = [255, 0, 0], [0, 255, 0]
    image.putpalette(colors)
    image.save(folder / "palette.png")
    assert image.mode == "P"
    return folder / "palette.png"


def test_grey_mask_is_read_by_its_labels(tmp_path: Path) -> None:
    assert read_mask(save(tmp_path, STORED), LABELS).tolist() == EXPECTED


def test_palette_mask_is_read_by_its_indices(tmp_path: Path) -> None:
    assert read_mask(palette_image(tmp_path), LABELS).tolist() == EXPECTED


def test_palette_mask_is_read_by_color_if_classes_have_colors_only(tmp_path: Path) -> None:
    assert read_mask(palette_image(tmp_path), COLORS).tolist() == EXPECTED


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("name", ["m.png", "m.tif"])
def test_color_mask_is_matched_with_the_colors_of_the_classes(
    tmp_path: Path, mode: str, name: str
) -> None:
    pixels = read_picture(palette_image(tmp_path))
    assert read_mask(save(tmp_path, pixels, mode, name), COLORS).tolist() == EXPECTED


def test_bilevel_mask_has_labels_zero_and_one(tmp_path: Path) -> None:
    path = save(tmp_path, np.array([[0, 255], [255, 0]], np.uint8), "1")
    assert read_mask(path, MaskCode({0: 0, 1: 1}, {})).tolist() == [[0, 1], [1, 0]]


def test_sixteen_bit_mask_is_read_if_its_labels_fit_in_eight(tmp_path: Path) -> None:
    assert read_mask(save(tmp_path, STORED.astype(np.uint16)), LABELS).tolist() == EXPECTED
    wide = STORED.astype(np.uint16)
    wide[1, 2] = 1000
    with pytest.raises(UserError, match=r"m\.png .* label 1000 at row 1, column 2.*8 bits"):
        read_mask(save(tmp_path, wide), LABELS)


def test_unknown_label_is_an_error_with_file_pixel_and_label(tmp_path: Path) -> None:
    stored = STORED.copy()
    stored[1, 0] = 9
    with pytest.raises(UserError, match=r"m\.png has label 9 at row 1, column 0 \(1 such"):
        read_mask(save(tmp_path, stored), LABELS)


def test_unknown_color_is_an_error_with_file_pixel_and_color(tmp_path: Path) -> None:
    pixels = np.zeros((2, 3, 3), np.uint8)
    pixels[0, 1] = (255, 1, 0)
    with pytest.raises(UserError, match=r"m\.png has colour #ff0100 at row 0, column 1 \(1 such"):
        read_mask(save(tmp_path, pixels), COLORS)


def test_inspection_counts_every_stray_value_and_leaves_it_void(tmp_path: Path) -> None:
    found = inspect_mask(save(tmp_path, np.array([[9, 3, 8], [9, 8, 9]], np.uint8)), LABELS)
    assert found.mask.tolist() == [[255, 0, 255], [255, 255, 255]]
    assert [tuple(stray) for stray in found.strays] == [("label 8", 2, 0, 2), ("label 9", 3, 0, 0)]


def test_color_mask_without_class_colors_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"m\.png is a colour image .*no class has a `color`"):
        read_mask(save(tmp_path, np.zeros((2, 2, 3), np.uint8)), LABELS)


def test_transparent_mask_is_an_error(tmp_path: Path) -> None:
    pixels = np.zeros((2, 2, 4), np.uint8)
    pixels[..., 3] = 255
    pixels[1, 0, 3] = 254
    with pytest.raises(UserError, match=r"m\.png is transparent at row 1, column 0"):
        read_mask(save(tmp_path, pixels), COLORS)


def test_damaged_file_is_named(tmp_path: Path) -> None:
    path = save(tmp_path, np.random.default_rng(0).integers(0, 9, (50, 50), np.uint8))
    path.write_bytes(path.read_bytes()[:-90])
    for read in (lambda: read_mask(path, LABELS), lambda: read_picture(path)):
        with pytest.raises(UserError, match=r"m\.png cannot be decoded"):
            read()

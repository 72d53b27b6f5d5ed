from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segnet.errors import UserError
from segnet.inference.photos import find_images, read_photo


def test_images_of_a_folder_are_found_in_name_order(tmp_path: Path) -> None:
    for name in ("b.PNG", "a.jpg"):
        Image.new("RGB", (4, 4)).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no image")
    assert [path.name for path in find_images([tmp_path])] == ["a.jpg", "b.PNG"]
    assert find_images([tmp_path / "a.jpg"]) == [tmp_path / "a.jpg"]


def test_several_paths_are_taken_in_their_order_and_a_file_once(tmp_path: Path) -> None:
    for name in ("a.png", "folder/b.png", "folder/c.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (4, 4)).save(tmp_path / name)
    found = find_images([tmp_path / "folder", tmp_path / "a.png", tmp_path / "folder/b.png"])
    assert [path.name for path in found] == ["b.png", "c.png", "a.png"]


@pytest.mark.parametrize("second", ["folder/a.png", "a.jpg"])
def test_images_whose_results_would_have_one_name_are_an_error(tmp_path: Path, second: str) -> None:
    for name in ("a.png", second):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (4, 4)).save(tmp_path / name)
    with pytest.raises(UserError, match="have one name"):
        find_images([tmp_path / "a.png", tmp_path / second])


def test_folder_without_images_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="neither an image nor a folder of images"):
        find_images([tmp_path])


# the quarter turns and mirrorings of EXIF 2.3, 4.6.4, that make the stored pixels upright
UPRIGHT = {
    1: lambda stored: stored,
    2: np.fliplr,
    3: lambda stored: np.rot90(stored, 2),
    4: np.flipud,
    5: lambda stored: stored.swapaxes(0, 1),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: np.rot90(stored, 2).swapaxes(0, 1),
    8: np.rot90,
}


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_turned_photo_is_made_upright(orientation: int, tmp_path: Path) -> None:
    stored = np.random.default_rng(0).integers(0, 256, (4, 6, 3), np.uint8)
    image = Image.fromarray(stored)
    exif = image.getexif()
    exif[0x0112] = orientation
    image.save(tmp_path / "a.png", exif=exif)
    photo = read_photo(tmp_path / "a.png")
    np.testing.assert_array_equal(photo.pixels, UPRIGHT[orientation](stored))


def test_further_pages_and_hidden_colours_are_said(tmp_path: Path) -> None:
    pages = [Image.new("RGB", (4, 4), color) for color in ("red", "blue")]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    photo = read_photo(tmp_path / "a.tif")
    assert photo.pixels[0, 0].tolist() == [255, 0, 0]
    assert photo.notes == (f"{tmp_path / 'a.tif'} has 2 pages; the first is predicted",)
    pixels = np.full((4, 4, 4), 255, np.uint8)
    pixels[:2, :, 3] = 0
    Image.fromarray(pixels).save(tmp_path / "b.png")
    [note] = read_photo(tmp_path / "b.png").notes
    assert "transparent in 8 pixels" in note


def test_phone_photo_with_a_preview_is_one_page(tmp_path: Path) -> None:
    pages = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    pages[0].save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=pages[1:])
    assert read_photo(tmp_path / "a.jpg").notes == ()

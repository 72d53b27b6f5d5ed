from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from odd_pictures import huge_png, png_file, ppm_16_rgb, tiff_16_rgb
from PIL import Image

from segnet.datasets.custom.mask_decoding import MaskCode, read_mask, read_picture
from segnet.datasets.preparing.images import read_color_labels, read_labels, read_rgb
from segnet.datasets.preparing.picture_files import open_picture, picture_size
from segnet.datasets.preparing.stored_pixels import stored_bits
from segnet.errors import UserError
from segnet.inference.photos import read_photo

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
DEEP = PIXELS.astype(np.uint16) << 4
"""12 bits in 16: cut to 8, the brightest value would be 15."""
READERS = (read_rgb, read_picture, read_photo)


def deep_grey(path: Path) -> Path:
    return png_file(path, DEEP[..., 0])


def deep_rgb(path: Path) -> Path:
    return png_file(path, DEEP)


def floats(path: Path) -> Path:
    Image.fromarray(PIXELS[..., 0].astype(np.float32)).save(path)
    return path


def whole_numbers(path: Path) -> Path:
    Image.fromarray(PIXELS[..., 0].astype(np.int32)).save(path)
    return path


def deep_jpeg2000(path: Path) -> Path:
    Image.fromarray(DEEP[..., 0]).save(path)
    return path


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    ("name", "write", "bits"),
    [
        ("grey.png", deep_grey, 16),
        ("rgb.png", deep_rgb, 16),
        ("grey.tif", deep_grey, 16),
        ("rgb.tif", lambda path: tiff_16_rgb(path, DEEP), 16),
        ("rgb.ppm", lambda path: ppm_16_rgb(path, DEEP), 16),
        ("float.tif", floats, 32),
        ("integer.tif", whole_numbers, 32),
        ("grey.jp2", deep_jpeg2000, 16),
    ],
)
def test_picture_of_more_than_eight_bits_is_refused_by_every_reader(
    read: Callable[[Path], object],
    name: str,
    write: Callable[[Path], Path],
    bits: int,
    tmp_path: Path,
) -> None:
    with pytest.raises(UserError, match=rf"{name} has {bits} bits a channel.*Save it with 8 bits"):
        read(write(tmp_path / name))


@pytest.mark.parametrize(("second_byte", "bits"), [(0x0C, 8), (0x4C, 10), (0x6C, 12)])
def test_depth_of_an_avif_is_that_of_its_codec(second_byte: int, bits: int, tmp_path: Path) -> None:
    path = tmp_path / "a.avif"
    Image.fromarray(PIXELS).save(path)
    content = bytearray(path.read_bytes())
    content[content.index(b"av1C") + 6] = second_byte
    with Image.open(path) as image:
        path.write_bytes(content)
        assert stored_bits(image, path) == bits


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tif", "a.ppm", "a.webp"])
def test_eight_bits_are_read_unchanged(name: str, tmp_path: Path) -> None:
    options = {"lossless": True} if name.endswith("webp") else {}
    Image.fromarray(PIXELS).save(tmp_path / name, **options)
    for read in (read_rgb, read_picture):
        np.testing.assert_array_equal(read(tmp_path / name), PIXELS)


LABELS = (PIXELS[..., 0] % 2).astype(np.uint8)
COLORS = ((0, 0, 0), (1, 1, 1))
MASK_READERS: dict[str, Callable[[Path], np.ndarray]] = {
    "labels": read_labels,
    "colours": lambda path: read_color_labels(path, COLORS),
    "own labels": lambda path: read_mask(path, MaskCode({0: 0, 1: 1}, {})),
    "own colours": lambda path: read_mask(
        path, MaskCode({}, {one: i for i, one in enumerate(COLORS)})
    ),
}


@pytest.mark.parametrize("reader", MASK_READERS)
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("m.jpg", {"quality": 100, "subsampling": 0}),
        ("m.webp", {"quality": 100}),
        ("m.jp2", {}),
        ("m.avif", {"quality": 100}),
        ("m.tif", {"compression": "jpeg"}),
        ("renamed.png", {"format": "JPEG"}),
    ],
)
def test_lossy_mask_is_an_error_that_says_so(
    reader: str, name: str, options: dict[str, object], tmp_path: Path
) -> None:
    Image.fromarray(np.stack([LABELS] * 3, -1)).save(tmp_path / name, **options)
    with pytest.raises(UserError, match=rf"{name} is a lossy \w+ file.*Save the mask as PNG"):
        MASK_READERS[reader](tmp_path / name)


@pytest.mark.parametrize("name", ["m.png", "m.webp", "m.tif", "m.gif", "m.bmp"])
def test_lossless_mask_is_read_whatever_its_format(name: str, tmp_path: Path) -> None:
    options = {"lossless": True} if name.endswith("webp") else {}
    Image.fromarray(np.stack([LABELS] * 3, -1)).save(tmp_path / name, **options)
    np.testing.assert_array_equal(MASK_READERS["own colours"](tmp_path / name), LABELS)


def test_animated_webp_of_one_lossy_frame_is_lossy(tmp_path: Path) -> None:
    frames = [Image.fromarray(PIXELS), Image.fromarray(255 - PIXELS)]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:], quality=50)
    picture = open_picture(tmp_path / "a.webp", step="")
    assert picture.is_lossy
    assert picture.pages == 2


@pytest.mark.parametrize("read", [*READERS, lambda path: picture_size(path, step="")])
def test_picture_of_too_many_pixels_is_an_error_with_the_limit(
    read: Callable[[Path], object], tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=r"big\.png has more than the 179 megapixels.*tiles"):
        read(huge_png(tmp_path / "big.png"))


@pytest.mark.parametrize("read", READERS)
def test_what_is_no_regular_file_is_an_error_and_not_waited_for(
    read: Callable[[Path], object], tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "folder.png").mkdir()
    for name in ("pipe.png", "folder.png"):
        with pytest.raises(UserError, match=rf"{name} is no file"):
            read(tmp_path / name)


@pytest.mark.filterwarnings("ignore")  # Pillow also warns of some of these files
@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.tif", "a.gif", "a.bmp", "a.jp2"])
def test_damaged_picture_is_named_or_read_but_never_a_traceback(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    Image.fromarray(PIXELS).save(path)
    whole = path.read_bytes()
    rng = np.random.default_rng(1)
    messages = []
    for _ in range(60):
        content = bytearray(whole)
        for place in rng.integers(0, min(len(content), 200), 4):
            content[place] = rng.integers(0, 256)
        path.write_bytes(content[: rng.integers(10, len(content) + 1)])
        try:
            read_picture(path)
        except UserError as error:
            messages.append(str(error))
    assert messages
    assert all(name in message for message in messages)

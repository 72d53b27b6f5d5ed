"""Picture files, opened by one rule: what a file holds is decided by the file, not by its decoder.

Pillow gives 8 bits of most pictures, whatever they have, and never says which compression they
went through. So depth and compression are read here, beside the pixels.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import ExifTags, Image

from segnet.datasets.preparing.stored_pixels import BITS_BY_MODE, is_lossy, stored_bits
from segnet.errors import UserError

UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    EOFError,
    OverflowError,
    struct.error,
    zlib.error,
)
"""What Pillow's decoders raise on damaged files."""
MANY_PAGES = ("AVIF", "GIF", "PNG", "TIFF", "WEBP")
"""Formats whose further pages are pictures of their own; of a phone's MPO they are previews."""


@dataclass(frozen=True)
class PictureFile:
    """A decoded picture, and what its file says of it."""

    path: Path
    image: Image.Image
    """The first page."""
    bits: int
    """Of a channel, as stored."""
    is_lossy: bool
    """Whether its compression may have changed the pixels."""
    pages: int
    orientation: int
    """EXIF's; 1 is upright."""

    def rgb(self) -> UInt8[np.ndarray, "h w 3"]:
        """The pixels as stored: not turned, and with the colours under transparent ones.

        Raises:
            UserError: if the file has more than 8 bits a channel, or colours that are no RGB.
        """
        self.require_eight_bits()
        image = self.image
        if image.mode == "P" and image.has_transparency_data:
            image = image.convert("RGBA")  # else Pillow warns on stderr of every such file
        try:
            return np.asarray(image.convert("RGB"))
        except ValueError:
            raise UserError(
                f"{self.path} has mode {image.mode}, which is not turned into RGB here. Save it as "
                "RGB or grey."
            ) from None

    def require_eight_bits(self) -> None:
        """Check that nothing of the picture is lost in 8 bits.

        Raises:
            UserError: if a channel has more.
        """
        if self.bits > 8:
            raise UserError(
                f"{self.path} has {self.bits} bits a channel (mode {self.image.mode}), and 8 are "
                "read: nothing is cut off or scaled unasked. Save it with 8 bits, its brightness "
                "scaled as you need it."
            )

    def require_lossless(self) -> None:
        """Check that a mask's values are those that were drawn.

        Raises:
            UserError: if the file's compression may have changed them.
        """
        if self.is_lossy:
            raise UserError(
                f"{self.path} is a lossy {self.image.format} file: its compression changes labels "
                "and invents colours, so its pixels are not what was drawn. Save the mask as PNG "
                "from its source, not from this file."
            )

    def transparent_pixels(self) -> int:
        """How many pixels are not wholly opaque; ``rgb`` has the colours under them."""
        if not self.image.has_transparency_data:
            return 0
        return int((np.asarray(self.image.convert("RGBA"))[..., 3] < 255).sum())


def open_picture(path: Path, *, step: str) -> PictureFile:
    """The decoded first page of an image file of any format that Pillow reads.

    Args:
        path: the file.
        step: what the user is to do if it cannot be read.

    Raises:
        UserError: if the file is missing, damaged, no image, or has too many pixels.
    """
    with _opened(path, step) as image:
        bits, lossy = stored_bits(image, path), is_lossy(image, path)  # before Pillow forgets
        pages = getattr(image, "n_frames", 1) if image.format in MANY_PAGES else 1
        image.load()  # reading is lazy, and damage shows only now
        bits = max(bits, BITS_BY_MODE.get(image.mode, 8))  # an icon's is known only now
        orientation = int(image.getexif().get(ExifTags.Base.Orientation, 1))
        return PictureFile(path, image, bits, lossy, pages, orientation)


def picture_size(path: Path, *, step: str) -> tuple[int, int]:
    """Width and height of a picture, from its header.

    Raises:
        UserError: as ``open_picture``, without decoding.
    """
    with _opened(path, step) as image:
        return image.size


@contextmanager
def _opened(path: Path, step: str) -> Iterator[Image.Image]:
    """A picture file; what Pillow raises in the block becomes a message."""
    if not path.exists():
        raise UserError(f"{path} does not exist. {step}")
    if not path.is_file():  # opening a pipe would wait for ever
        raise UserError(f"{path} is no file. {step}")
    try:
        with Image.open(path) as image:
            yield image
    except Image.DecompressionBombError:
        limit = 2 * (Image.MAX_IMAGE_PIXELS or 0) / 1e6
        raise UserError(
            f"{path} has more than the {limit:.0f} megapixels that are read. Shrink it, or cut it "
            "into tiles."
        ) from None
    except MemoryError:
        raise UserError(
            f"{path} does not fit in memory. Shrink it, or cut it into tiles."
        ) from None
    except UNREADABLE as error:
        reason = str(error) or type(error).__name__
        raise UserError(f"{path} cannot be decoded ({reason}). {step}") from None

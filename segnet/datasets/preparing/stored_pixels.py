"""How a picture file stores its pixels: bits a channel, and whether its compression is lossy.

Taken from the formats' own headers where Pillow does not keep them.
"""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

LOSSY_FORMATS = ("AVIF", "BLP", "DDS", "FTEX", "ICNS", "JPEG", "JPEG2000", "MPEG", "MPO", "PCD")
"""Formats that are lossy, or may be without saying so."""
LOSSY_TIFF = ("jpeg", "tiff_jpeg", "webp", "tiff_sgilog", "tiff_sgilog24")
AT_MOST_EIGHT = ("BMP", "CUR", "DIB", "GIF", "ICO", "TGA", "WEBP")
"""Formats without deeper channels; ``BGR;16`` of a BMP is 5 or 6 bits a channel."""
BITS_BY_MODE = {"I": 32, "F": 32, "I;16": 16, "I;16B": 16, "I;16L": 16, "I;16N": 16}
BITS_PER_SAMPLE = 258
"""The tag of TIFF."""
CODESTREAM = b"\xff\x4f\xff\x51"
"""Start of JPEG 2000's data, and the marker of its sizes."""
WEBP_LOSSY = b"VP8 "


def stored_bits(image: Image.Image, path: Path) -> int:
    """Bits of the deepest channel of an opened picture that is not decoded yet; 8 if fewer."""
    if image.format in AT_MOST_EIGHT:
        return 8
    depths = [8, BITS_BY_MODE.get(image.mode, 8)]
    if image.format == "TIFF":
        depths += getattr(image, "tag_v2", {}).get(BITS_PER_SAMPLE, ())
    elif image.format == "JPEG2000":
        depths += _jpeg2000_bits(path.read_bytes())
    elif image.format == "AVIF":
        depths.append(_avif_bits(path.read_bytes()))
    for tile in getattr(image, "tile", ()):
        depths += _tile_bits(image.format, tile[0], tile[3])
    return max(depths)


def is_lossy(image: Image.Image, path: Path) -> bool:
    """Whether the file's compression may have changed pixels."""
    if image.format == "WEBP":
        return WEBP_LOSSY in _webp_chunks(path.read_bytes())
    if image.format == "TIFF":
        return image.info.get("compression") in LOSSY_TIFF
    return image.format in LOSSY_FORMATS


def _tile_bits(file_format: str | None, decoder: str, arguments: object) -> list[int]:
    """What the arguments of one of Pillow's decoders say of depth."""
    several = arguments if isinstance(arguments, tuple) else (arguments,)
    texts = [decoder, *(one for one in several if isinstance(one, str))]
    depths = [int(bits) for text in texts for bits in re.findall(r"(?:;|SGI)(16|32)", text)]
    numbers = [one for one in several if isinstance(one, int)]
    if file_format == "PPM" and numbers:  # the greatest value; of raw decoders 0 and 1
        depths += [number.bit_length() for number in numbers]
    if file_format == "SGI" and decoder == "sgi_rle":
        depths.append(8 * max(numbers))  # bytes a channel are the last of them
    if file_format == "DDS" and any(text.startswith("BC6") for text in texts):
        depths.append(16)
    return depths


def _jpeg2000_bits(content: bytes) -> list[int]:
    """The depth of each component, from the header of the codestream (ISO 15444-1, A.5.1)."""
    start = content.index(CODESTREAM) + len(CODESTREAM)
    components = int.from_bytes(content[start + 36 : start + 38])
    entries = content[start + 38 : start + 38 + 3 * components : 3]
    return [(entry & 0x7F) + 1 for entry in entries]


def _avif_bits(content: bytes) -> int:
    """The depth, from the configuration of the codec (AV1 in ISOBMFF, 2.3.3)."""
    start = content.index(b"av1C") + 4
    is_high, is_twelve = content[start + 2] & 0x40, content[start + 2] & 0x20
    return 12 if is_high and is_twelve else 10 if is_high else 8


def _webp_chunks(content: bytes) -> set[bytes]:
    """The kinds of chunks of a WebP file, those of animation frames included."""
    found, start = set(), 12
    while start + 8 <= len(content):
        kind = content[start : start + 4]
        size = int.from_bytes(content[start + 4 : start + 8], "little")
        found.add(kind)
        # the chunks of a frame follow 16 bytes on its place and time
        start += 8 + (16 if kind == b"ANMF" else size + size % 2)
    return found

"""Picture files that Pillow reads but does not write."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np


def png_file(path: Path, pixels: np.ndarray, *, size: tuple[int, int] | None = None) -> Path:
    """A PNG with 8 or 16 bits a channel, by the specification.

    Args:
        path: where it goes.
        pixels: (h, w) or (h, w, 3), uint8 or uint16.
        size: width and height that the header states, if they are to be wrong.
    """
    height, width = pixels.shape[:2]
    depth, kind = 8 * pixels.itemsize, 0 if pixels.ndim == 2 else 2
    stored = pixels.astype(pixels.dtype.newbyteorder(">"))
    rows = b"".join(b"\0" + row.tobytes() for row in stored)
    stated = size or (width, height)
    header = struct.pack(">IIBBBBB", *stated, depth, kind, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*one) for one in chunks))
    return path


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def huge_png(path: Path) -> Path:
    """A few bytes that state 20,000 x 20,000 pixels."""
    return png_file(path, np.zeros((2, 2), np.uint8), size=(20_000, 20_000))


def tiff_16_rgb(path: Path, pixels: np.ndarray) -> Path:
    """An uncompressed little-endian TIFF with 16 bits in each of three channels."""
    height, width, _ = pixels.shape
    content = pixels.astype("<u2").tobytes()
    entries = [
        (256, 3, 1, width),
        (257, 3, 1, height),
        (258, 3, 3, 8),  # bits a sample, at byte 8
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, 1, 16),  # the pixels, at byte 16
        (277, 3, 1, 3),
        (278, 3, 1, height),
        (279, 4, 1, len(content)),
    ]
    directory = struct.pack("<H", len(entries))
    directory += b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4)
    head = struct.pack("<2sHI", b"II", 42, 16 + len(content))
    path.write_bytes(head + struct.pack("<HHHH", 16, 16, 16, 0) + content + directory)
    return path


def ppm_16_rgb(path: Path, pixels: np.ndarray) -> Path:
    """A binary PPM whose greatest value is 65535."""
    height, width, _ = pixels.shape
    path.write_bytes(f"P6 {width} {height} 65535\n".encode() + pixels.astype(">u2").tobytes())
    return path

"""An ``.npy`` file of many images on one canvas, written without holding them in memory."""

from __future__ import annotations

import math
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np
from jaxtyping import UInt8


class StackWriter:
    """Writes ``count`` images one after the other; the canvas is the maximum of their sizes.

    An image sits at the top left; the rest of its canvas holds ``fill``. An image that is larger
    than those before rewrites the file on a larger canvas, so sizes need not be known in advance.
    Plain writes are used, not a memory map: on a full disk they raise ``OSError``, where writing
    to a map kills the process.
    """

    def __init__(self, path: Path, count: int, *, fill: int) -> None:
        """Write to ``path`` with room for ``count`` images."""
        self.path = path
        self.count = count
        self.fill = fill
        self.written = 0
        self._canvas: tuple[int, ...] = ()
        self._file: BinaryIO | None = None

    def append(self, image: UInt8[np.ndarray, "h w *channels"]) -> None:
        """Write the next image."""
        canvas = tuple(np.maximum(self._canvas or image.shape, image.shape).tolist())
        if canvas != self._canvas:
            self._widen(canvas)
        self._write(image)
        self.written += 1

    def __enter__(self) -> StackWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _widen(self, canvas: tuple[int, ...]) -> None:
        """Start a file with a larger canvas and copy what was written."""
        old, old_canvas, old_path = self._file, self._canvas, self.path.with_suffix(".smaller")
        if old is not None:
            old.close()
            self.path.rename(old_path)
        self._canvas = canvas
        self._file = self.path.open("wb")
        header = {"descr": "|u1", "fortran_order": False, "shape": (self.count, *canvas)}
        np.lib.format.write_array_header_1_0(self._file, header)
        if old is not None:
            with old_path.open("rb") as smaller:
                np.lib.format.read_magic(smaller)
                np.lib.format.read_array_header_1_0(smaller)
                for _ in range(self.written):
                    pixels = np.fromfile(smaller, np.uint8, math.prod(old_canvas))
                    self._write(pixels.reshape(old_canvas))
            old_path.unlink()

    def _write(self, image: UInt8[np.ndarray, "h w *channels"]) -> None:
        assert self._file is not None
        if image.shape != self._canvas:
            padded = np.full(self._canvas, self.fill, np.uint8)
            padded[: image.shape[0], : image.shape[1]] = image
            image = padded
        self._file.write(np.ascontiguousarray(image).data)

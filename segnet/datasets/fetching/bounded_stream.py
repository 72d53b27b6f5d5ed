"""A compressed file that is not unpacked without end."""

from __future__ import annotations

import io
import lzma
import tarfile
import zlib
from pathlib import Path

from segnet.atomic import MIB
from segnet.errors import UserError

LARGEST_PIECE = 64 * MIB
"""``tarfile`` reads files in small pieces, but a header at once, however long it claims to be."""


class BoundedStream(io.RawIOBase):
    """The unpacked bytes of an archive up to a limit; raises a :class:`UserError` behind it.

    Args:
        stream: gives the unpacked bytes.
        archive: the file, for messages.
        limit_bytes: how far may be read.
    """

    def __init__(self, stream: io.BufferedIOBase, archive: Path, limit_bytes: int) -> None:
        self._stream = stream
        self._archive = archive
        self._limit = limit_bytes

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """How many unpacked bytes lie before the next."""
        return self._stream.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to an unpacked byte."""
        if whence == io.SEEK_SET and offset > self._limit:
            raise self._too_large()
        return self._stream.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        """The next bytes.

        Raises:
            UserError: if the limit lies before the end of them.
            tarfile.ReadError: if the compressed data are damaged.
        """
        if size < 0 or size > LARGEST_PIECE or self.tell() + size > self._limit + LARGEST_PIECE:
            raise self._too_large()
        try:
            content = self._stream.read(size)
        except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            raise tarfile.ReadError(str(error)) from None
        if self.tell() > self._limit:
            raise self._too_large()
        return content

    def _too_large(self) -> UserError:
        return UserError(
            f"{self._archive} unpacks to more than the {self._limit} bytes that it can have. It is "
            "not the published file: delete it."
        )

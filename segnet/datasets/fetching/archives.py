"""Extraction of zip and tar files from the network, which may hold anything."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from segnet.atomic import MIB
from segnet.datasets.fetching.bounded_stream import BoundedStream
from segnet.errors import UserError

DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    FileExistsError,  # one name is a file and a folder
    IsADirectoryError,
    NotADirectoryError,
)
COMPRESSIONS: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ": lzma.open,
}
"""What opens a file that starts so."""
SLACK = 4
"""How much larger than its chosen files an archive may be."""
BOUNDED_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Methods that ``zipfile`` unpacks piece by piece; of others it unpacks what a piece holds, which
may be more than the memory."""


@dataclass(frozen=True)
class _Member:
    """One entry of an archive, zip and tar alike."""

    name: str
    size_bytes: int
    is_file: bool
    is_folder: bool
    is_readable: bool
    """Without a password and without the danger to unpack more than fits in memory."""
    open: Callable[[], io.BufferedIOBase]


def extract_archive(
    archive: Path,
    folder: Path,
    *,
    inside: str,
    limit_bytes: int,
    limit_files: int = 200_000,
    only: Sequence[str] = ("*",),
) -> None:
    """Write the files of one folder of a zip or tar file into ``folder``.

    Args:
        archive: the file; its format is told from its content.
        folder: an existing folder.
        inside: which folder of the archive, as a pattern such as ``*/CamVid``, or ``.``; the paths
            of the written files are relative to it.
        limit_bytes: what the chosen files may add up to. A compressed tar file is not unpacked, nor
            looked through, beyond ``SLACK`` times as much.
        limit_files: how many entries the archive may have.
        only: patterns of those paths, such as ``cls/*.mat``; a file needs to match one.

    Raises:
        UserError: if the file is damaged or no archive, holds nothing ``inside``, holds more than
            a limit, has an absolute path or ``..`` anywhere, or a link, a device, a
            password or an uncommon compression among the chosen files. Nothing is written then,
            unless the damage is in a file's data. No file gets longer than the archive says.
    """
    try:
        with _open(archive, limit_files, SLACK * limit_bytes + MIB) as members:
            chosen = list(_choose(archive, members, PurePosixPath(inside), only))
            total_bytes = sum(member.size_bytes for member, _ in chosen)
            if not chosen:
                raise UserError(f"{archive} has no files in '{inside}'. Delete it and fetch again.")
            if total_bytes > limit_bytes:
                raise UserError(
                    f"{archive} would unpack to {total_bytes} bytes, more than the {limit_bytes} "
                    "that it can have. Delete it and fetch again."
                )
            for member, path in chosen:
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                _unpack(archive, member, target)
    except DAMAGE as error:
        raise UserError(f"{archive} is damaged ({error}). Delete it and fetch again.") from None


def _unpack(archive: Path, member: _Member, target: Path) -> None:
    """Write one member; ``zipfile`` and ``tarfile`` give no more bytes than it says that it has."""
    with member.open() as source, target.open("wb") as sink:
        shutil.copyfileobj(source, sink)
        written = sink.tell()
    if written != member.size_bytes:
        raise UserError(
            f"{archive} is damaged: '{member.name}' has {written} bytes, not {member.size_bytes}. "
            "Delete it and fetch again."
        )


def _choose(
    archive: Path, members: list[_Member], inside: PurePosixPath, only: Sequence[str]
) -> Iterator[tuple[_Member, PurePosixPath]]:
    """The files under ``inside`` and their paths in it; every name of the archive is checked."""
    depth = len(inside.parts)
    for member in members:
        path = PurePosixPath(member.name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in "".join(path.parts[:1]):
            raise UserError(
                f"{archive} has a member '{member.name}' that points outside. "
                "It is not the published file: delete it."
            )
        pairs = zip(path.parts, inside.parts, strict=False)
        if len(path.parts) <= depth or not all(fnmatchcase(*pair) for pair in pairs):
            continue
        inner = PurePosixPath(*path.parts[depth:])
        if not any(fnmatchcase(str(inner), pattern) for pattern in only):
            continue
        if not member.is_file and not member.is_folder:
            raise UserError(
                f"{archive} has a link or device '{member.name}'. "
                "It is not the published file: delete it."
            )
        if not member.is_readable:
            raise UserError(
                f"{archive} has '{member.name}' with a password or an uncommon compression. "
                "It is not the published file: delete it."
            )
        if member.is_file:
            yield member, inner


@contextmanager
def _open(archive: Path, limit_files: int, limit_unpacked: int) -> Iterator[list[_Member]]:
    """The members of an archive, readable while the block lasts."""
    members: list[_Member] = []
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened_zip:
            _check_number(archive, len(opened_zip.infolist()), limit_files)
            yield [_zip_member(opened_zip, info) for info in opened_zip.infolist()]
        return
    with _decompressed(archive) as content:
        stream = cast(BinaryIO, BoundedStream(content, archive, limit_unpacked))  # reads and seeks
        if not tarfile.is_tarfile(stream):
            raise UserError(
                f"{archive} is neither a zip nor a tar file. Delete it and fetch again."
            )
        opened = tarfile.open(fileobj=stream, mode="r:")  # noqa: SIM115 - closes no stream anyway
        for info in opened:
            members.append(_tar_member(opened, info))
            _check_number(archive, len(members), limit_files)
        yield members


def _decompressed(archive: Path) -> io.BufferedIOBase:
    """The content of a file, without its compression if it has one."""
    with archive.open("rb") as content:
        start = content.read(max(map(len, COMPRESSIONS)))
    for magic, opener in COMPRESSIONS.items():
        if start.startswith(magic):
            return cast(io.BufferedIOBase, opener(archive, "rb"))
    return archive.open("rb")


def _check_number(archive: Path, number: int, limit: int) -> None:
    if number > limit:
        raise UserError(
            f"{archive} has more than the {limit} entries that it can have. It is not the "
            "published file: delete it."
        )


def _zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> _Member:
    mode = info.external_attr >> 16  # the upper half holds Unix file modes, 0 if there are none
    return _Member(
        name=info.filename,
        size_bytes=info.file_size,
        is_file=not info.is_dir() and (stat.S_ISREG(mode) or stat.S_IFMT(mode) == 0),
        is_folder=info.is_dir(),
        is_readable=not info.flag_bits & 1 and info.compress_type in BOUNDED_METHODS,
        open=lambda: cast(io.BufferedIOBase, archive.open(info)),
    )


def _tar_member(archive: tarfile.TarFile, info: tarfile.TarInfo) -> _Member:
    return _Member(
        name=info.name,
        size_bytes=info.size,
        is_file=info.isreg(),
        is_folder=info.isdir(),
        is_readable=True,
        open=lambda: cast(io.BufferedIOBase, archive.extractfile(info)),
    )

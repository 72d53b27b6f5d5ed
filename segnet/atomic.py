"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from segnet.errors import UserError

MIB = 2**20


def write_atomically(path: Path, text: str) -> None:
    """Write a text file, making its folder; a crash leaves the old file or the new one."""
    with _fresh_file(path) as scratch:
        scratch.write_text(text)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, as :func:`write_atomically` writes a text."""
    with _fresh_file(path) as scratch:
        scratch.write_bytes(content)


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write arrays as a compressed ``.npz``, as :func:`write_atomically` writes a text."""
    import numpy as np  # most files are texts

    with _fresh_file(path) as scratch, scratch.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


@contextmanager
def _fresh_file(target: Path) -> Iterator[Path]:
    """Give a path beside ``target`` that takes its name when the block ends well."""
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield scratch
        with scratch.open("rb") as file:  # else a crash of the machine may leave an empty file
            os.fsync(file.fileno())
        scratch.replace(target)
    except OSError as error:
        error.filename = str(target)  # a failed write names no file
        raise
    finally:
        scratch.unlink(missing_ok=True)


@contextmanager
def fresh_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder beside ``target`` that takes its name when the block ends well.

    On any exception, ``KeyboardInterrupt`` included, the new folder is removed and an old
    ``target`` stays as it was. What a killed process left behind is removed by the next one.

    Raises:
        UserError: if the disk fills up meanwhile.
    """
    scratch = target.with_name(f".{target.name}.part")
    replaced = target.with_name(f".{target.name}.old")
    try:
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        yield scratch
        shutil.rmtree(replaced, ignore_errors=True)
        if target.exists():  # a folder with content cannot be replaced by one rename
            target.rename(replaced)
        scratch.rename(target)
    except BaseException as error:
        written = sum(path.stat().st_size for path in scratch.rglob("*") if path.is_file())
        if replaced.exists() and not target.exists():
            replaced.rename(target)
        shutil.rmtree(scratch, ignore_errors=True)
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise UserError(
                f"{target}: no space left after {written / MIB:.0f} MiB, now removed again; "
                f"{_free_bytes(target) / MIB:.0f} MiB are free. Free some space and run it again."
            ) from error
        raise
    shutil.rmtree(replaced, ignore_errors=True)


def require_space(folder: Path, needed_bytes: int) -> None:
    """Check that the disk of ``folder`` has room.

    Raises:
        UserError: if it has not; says how much is needed and how much is free.
    """
    free = _free_bytes(folder)
    if free < needed_bytes:
        raise UserError(
            f"{folder} needs {needed_bytes / MIB:.0f} MiB, but its disk has {free / MIB:.0f} MiB "
            "free. Free some space, or move the project to a larger disk."
        )


def _free_bytes(folder: Path) -> int:
    """What is free on the disk of ``folder`` or, before it exists, of what will hold it."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free

"""A disk that is full or cannot be written: a message, nothing half-written, the old file kept."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from segnet.atomic import write_arrays, write_atomically, write_bytes
from segnet.errors import exit_on_user_error


def fail_with(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the next file fail where a full disk is noticed at the latest."""

    def fsync(file: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fsync)


def write_anything(path: Path, kind: str) -> None:
    if kind == "text":
        write_atomically(path, "new")
    elif kind == "bytes":
        write_bytes(path, b"new")
    else:
        write_arrays(path, {"counts": np.zeros(3)})


@pytest.mark.parametrize("kind", ["text", "bytes", "arrays"])
@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "No space left on device. Free some space"),
        (errno.EDQUOT, "Disk quota exceeded. Free some space"),
        (errno.EROFS, "Read-only file system. Work in a copy"),
        (errno.EACCES, "Permission denied. Give yourself the right"),
    ],
)
def test_full_or_locked_disk_is_a_message_and_the_old_file_stays(
    kind: str,
    number: int,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    fail_with(number, monkeypatch)
    with pytest.raises(SystemExit) as stop, exit_on_user_error():
        write_anything(path, kind)
    assert stop.value.code == 1
    assert f"error: {path}: {words}" in capsys.readouterr().err
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_other_errors_of_the_system_keep_their_traceback() -> None:
    with pytest.raises(ConnectionError), exit_on_user_error():
        raise ConnectionResetError(errno.ECONNRESET, "reset")

"""``MANIFEST``: what a mirror that is reached by an address holds.

A text file at the mirror's root with a line ``SHA256 SIZE PATH`` for each file, in path order.
``python -m segnet.datasets.manifest FOLDER`` writes it.
"""

from __future__ import annotations

import argparse
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from segnet.datasets.progress import progress
from segnet.errors import UserError, exit_on_user_error

NAME = "MANIFEST"
LINE = re.compile(r"(?P<sha256>[0-9a-f]{64}) (?P<size>\d+) (?P<path>\S.*)")


@dataclass(frozen=True)
class MirroredFile:
    """One line."""

    path: str
    """Relative to the mirror's root, with ``/``."""
    size_bytes: int
    sha256: str


def read_manifest(path: Path) -> list[MirroredFile]:
    """The files that a manifest lists.

    Raises:
        UserError: on a line of another form or a path that points outside; names the line.
    """
    files = []
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1):
        fields = LINE.fullmatch(line)
        if fields is None or not _is_inside(fields["path"]):
            raise UserError(
                f"{path}:{number}: {line[:80]!r} is not 'SHA256 SIZE PATH'. "
                f"Write it with `python -m segnet.datasets.manifest FOLDER` on the mirror."
            )
        files.append(MirroredFile(fields["path"], int(fields["size"]), fields["sha256"]))
    return files


def write_manifest(folder: Path) -> Path:
    """Write the manifest of a mirror, whole or not at all; hidden and partial files are left out.

    Raises:
        UserError: if ``folder`` is no folder, or a name has a line break.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder. Name the mirror's root.")
    target = folder / NAME
    scratch = folder / f".{NAME}.part"
    paths = sorted(_files(folder), key=lambda path: path.relative_to(folder).as_posix())
    with scratch.open("w") as lines, progress(NAME, len(paths), unit="files") as advance:
        for path in paths:
            name = path.relative_to(folder).as_posix()
            if len(name.splitlines()) != 1:
                raise UserError(f"{name!r} has a line break in its name. Rename it.")
            with path.open("rb") as content:
                digest = hashlib.file_digest(content, "sha256").hexdigest()
            lines.write(f"{digest} {path.stat().st_size} {name}\n")
            advance(1)
    return scratch.replace(target)


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") for part in parts)
        if path.is_file() and not hidden and parts != (NAME,) and path.suffix != ".part":
            yield path


def _is_inside(path: str) -> bool:
    parsed = PurePosixPath(path)
    return not parsed.is_absolute() and ".." not in parsed.parts and "\\" not in path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m segnet.datasets.manifest")
    parser.add_argument("folder", type=Path)
    with exit_on_user_error():
        print(write_manifest(parser.parse_args().folder))

"""``MANIFEST``: what a mirror that is reached by an address holds.

A text file at the mirror's root with a line ``SHA256 SIZE PATH`` for each file, in path order.
``python -m segnet.datasets.fetching.write_manifest FOLDER`` writes it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from segnet.errors import UserError

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
                "Write it with `python -m segnet.datasets.fetching.write_manifest FOLDER` on the "
                "mirror."
            )
        files.append(MirroredFile(fields["path"], int(fields["size"]), fields["sha256"]))
    return files


def _is_inside(path: str) -> bool:
    parsed = PurePosixPath(path)
    return not parsed.is_absolute() and ".." not in parsed.parts and "\\" not in path

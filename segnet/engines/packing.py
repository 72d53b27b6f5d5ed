"""What people read of a bench, in archives small enough to be carried home; no weights."""

from __future__ import annotations

import tarfile
from collections.abc import Iterable
from pathlib import Path

from segnet.atomic import MIB
from segnet.errors import UserError
from segnet.paths import report_folder

ARCHIVE_BYTES = 15 * MIB
BLOCK = 512
"""Of a tar file: each file has a header of one, and fills its last one."""
FRAME = 20 * BLOCK
"""What a tar file adds at its end, at most."""


def pack(bench: str, folder: Path, *, limit: int = ARCHIVE_BYTES) -> list[Path]:
    """Write ``BENCH-1.tar``, ``BENCH-2.tar`` ... and give their paths; older ones are replaced.

    They hold records, histories, counts, pictures and stamps (what is done, of which settings), by
    their paths in the project: ``tar xf`` in another checkout puts them where they belong.

    Raises:
        UserError: if a single file is larger than an archive may be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{bench}-*.tar"):
        old.unlink()
    roots = (report_folder(bench), Path(".segbench/stamps"))
    files = sorted(path for root in roots for path in root.rglob("*") if path.is_file())
    archives = []
    for number, group in enumerate(_groups(files, limit), 1):
        path = folder / f"{bench}-{number}.tar"
        with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as archive:
            for file in group:
                archive.add(file)
        archives.append(path)
    return archives


def _groups(files: Iterable[Path], limit: int) -> list[list[Path]]:
    """Files in order, in groups that fit an archive."""
    groups: list[list[Path]] = [[]]
    used = FRAME
    for file in files:
        size = file.stat().st_size
        needed = BLOCK * (3 + -(-size // BLOCK))  # a long name takes two blocks more
        if FRAME + needed > limit:
            raise UserError(
                f"{file} has {size / MIB:.1f} MiB, and an archive takes {limit / MIB:.0f}. "
                "Bring it home by itself."
            )
        if used + needed > limit:
            groups.append([])
            used = FRAME
        groups[-1].append(file)
        used += needed
    return [group for group in groups if group]

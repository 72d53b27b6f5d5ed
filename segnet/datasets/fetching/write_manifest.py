"""Write the ``MANIFEST`` of a mirror.

``python -m segnet.datasets.fetching.write_manifest FOLDER``
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator
from pathlib import Path

from segnet.datasets.fetching.manifest import NAME
from segnet.datasets.progress import progress
from segnet.errors import UserError, exit_on_user_error


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


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m segnet.datasets.fetching.write_manifest")
    parser.add_argument("folder", type=Path)
    with exit_on_user_error():
        print(write_manifest(parser.parse_args().folder))

"""How the files of a user's data set are called, and where the YAML says that they lie."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

GLOB_SIGNS = "*?["


def composed(text: str) -> str:
    """The text with every accent part of its letter: macOS takes them apart in file names."""
    return unicodedata.normalize("NFC", text)


@dataclass(frozen=True)
class Affixes:
    """What the names of files have before and after what an image and its mask have in common."""

    prefix: str
    suffix: str

    def __bool__(self) -> bool:
        return bool(self.prefix or self.suffix)

    def fit(self, path: Path) -> bool:
        """Whether a file is called so."""
        stem = composed(path.stem)
        return (
            stem.startswith(composed(self.prefix))
            and stem.endswith(composed(self.suffix))
            and len(stem) > len(self.prefix) + len(self.suffix)
        )

    def without(self, stem: str) -> str:
        """A stem without them, accents composed."""
        return (
            composed(stem).removeprefix(composed(self.prefix)).removesuffix(composed(self.suffix))
        )

    def __str__(self) -> str:
        parts = [("begins with", self.prefix), ("ends in", self.suffix)]
        return " and ".join(f"{verb} '{affix}'" for verb, affix in parts if affix)


def existing(file: Path, place: str) -> Path:
    """The path that a place of the YAML means; if there is none, as it is written.

    Backslashes are tried as slashes, and accents composed and taken apart.
    """
    written = [place, place.replace("\\", "/")]
    forms = [unicodedata.normalize(form, text) for text in written for form in ("NFC", "NFD")]
    paths = [file.parent / text for text in (*written, *forms)]
    return next((path for path in paths if path.exists()), paths[0])


def is_glob(file: Path, place: str) -> bool:
    """Whether a place has signs of a glob, and is not just the name of a folder with brackets."""
    return any(sign in place for sign in GLOB_SIGNS) and not existing(file, place).exists()


def matches(file: Path, pattern: str) -> Iterator[Path]:
    """The paths that a glob matches, relative to the YAML's folder or absolute.

    Raises:
        ValueError: if it is no glob.
    """
    base = file.parent / pattern.replace("\\", "/")
    root = Path(base.anchor) if base.is_absolute() else file.parent
    return root.glob(str(base.relative_to(root)))


def open_folders(path: Path, place: str, file: Path) -> str:
    """The folders of a path that a glob leaves open; a place that is a folder leaves none open.

    They are ``v1/`` of ``frames/v1/a.jpg`` by ``frames/*/*.jpg``.
    """
    if not is_glob(file, place):
        return ""
    pattern = PurePosixPath((file.parent / place.replace("\\", "/")).as_posix()).parts[:-1]
    parts = path.parts[:-1]
    start = pattern.index("**") if "**" in pattern else len(pattern)
    end = len(pattern) - start - 1  # how many patterns follow the **
    kept = [part for part, sign in zip(parts[:start], pattern, strict=False) if _is_open(sign)]
    if start < len(pattern):
        kept += parts[start : len(parts) - end]
        behind = zip(parts[len(parts) - end :], pattern[start + 1 :], strict=False)
        kept += [part for part, sign in behind if _is_open(sign)]
    return "".join(f"{composed(part)}/" for part in kept)


def _is_open(pattern: str) -> bool:
    return any(sign in pattern for sign in GLOB_SIGNS)

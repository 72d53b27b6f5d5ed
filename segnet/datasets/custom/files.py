"""Finds the files of a user's data set by folder or glob. Nothing is opened."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from PIL import Image

from segnet.datasets.custom.description import SPLITS, Description, PlacePerSplit

EVERYWHERE = ""
"""Stands for the split where files of all splits lie together."""
NAMED_AT_MOST = 5
CORRECT_PATH = "correct the path; it is relative to the YAML's folder"

Files = dict[str, Path]
"""By stem."""


class Finding(NamedTuple):
    """Something that is wrong, looks so, or is worth knowing."""

    level: Literal["error", "warning", "fact"]
    where: str
    found: str
    next_step: str


def find_images_and_masks(
    description: Description, file: Path, findings: list[Finding]
) -> tuple[dict[str, Files], dict[str, Files]]:
    """Files by split and stem; a file that is a mask is not an image as well."""
    masks: dict[str, Files] = {}
    for split, place in places_by_split(description.masks):
        paths = find_pictures(place, file, f"masks{split and '.'}{split}", findings)
        suffix = description.mask_suffix
        own = [path for path in paths if path.stem.endswith(suffix)]
        if paths and not own:
            found = f"no file in '{place}' has a name that ends in '{suffix}'"
            findings.append(Finding("error", f"{file}: mask_suffix", found, "correct the suffix"))
        masks[split] = by_stem(own, suffix, file, findings)
    taken = {path for files in masks.values() for path in files.values()}
    images: dict[str, Files] = {}
    for split, place in places_by_split(description.images):
        paths = find_pictures(place, file, f"images{split and '.'}{split}", findings)
        own = [path for path in paths if path not in taken]
        if paths and not own:
            found = f"every file in '{place}' is a mask as well"
            step = "name another place, or give the masks' names a `mask_suffix`"
            findings.append(Finding("error", f"{file}: images", found, step))
        images[split] = by_stem(own, "", file, findings)
    return images, masks


def places_by_split(places: str | PlacePerSplit) -> list[tuple[str, str]]:
    """Each split with its place, or ``EVERYWHERE`` with the only one."""
    if isinstance(places, str):
        return [(EVERYWHERE, places)]
    return [(split, getattr(places, split)) for split in SPLITS]


def find_pictures(place: str, file: Path, key: str, findings: list[Finding]) -> list[Path]:
    """The image files of a folder, or those that a glob matches, in name order."""
    base = file.parent / place
    if any(sign in place for sign in "*?["):
        root = Path(base.anchor) if base.is_absolute() else file.parent
        paths: Iterable[Path] = root.glob(str(base.relative_to(root)))
    elif base.is_dir():
        paths = base.iterdir()
    else:
        found = f"there is no folder {base}"
        findings.append(Finding("error", f"{file}: {key}", found, CORRECT_PATH))
        return []
    suffixes = picture_suffixes()
    kept = [one for one in paths if one.suffix.lower() in suffixes and one.name[0] != "."]
    if not kept:
        found = f"no image files in '{place}'"
        findings.append(Finding("error", f"{file}: {key}", found, CORRECT_PATH))
    return sorted(kept)


@cache
def picture_suffixes() -> frozenset[str]:
    """The suffixes of all formats that Pillow reads."""
    known = Image.registered_extensions()
    return frozenset(suffix for suffix, kind in known.items() if kind in Image.OPEN)


def by_stem(paths: Iterable[Path], suffix: str, file: Path, findings: list[Finding]) -> Files:
    """Paths by stem without ``suffix``; of two with one name the first."""
    files: Files = {}
    for path in paths:
        name = path.stem.removesuffix(suffix)
        if name in files:
            found = f"{short_path(files[name], file)} and {short_path(path, file)} have one name"
            findings.append(Finding("error", f"{file}: names", found, "rename or delete one"))
        files.setdefault(name, path)
    return files


def short_path(path: Path, file: Path) -> str:
    """A path as the YAML would write it."""
    return str(path.relative_to(file.parent)) if path.is_relative_to(file.parent) else str(path)


def without(partner: str, names: list[str]) -> str:
    """How many files lack their partner, and which."""
    return f"{len(names)} without {partner}: {some(names)}"


def some(names: list[str]) -> str:
    """The first names, and how many there are."""
    more = f" and {len(names) - NAMED_AT_MOST} more" if len(names) > NAMED_AT_MOST else ""
    return ", ".join(names[:NAMED_AT_MOST]) + more

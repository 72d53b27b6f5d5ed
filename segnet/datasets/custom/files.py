"""Finds the files of a user's data set by folder or glob. Nothing is opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from PIL import Image

from segnet.datasets.custom.description import SPLITS, Description, PlacePerSplit
from segnet.datasets.custom.naming import Affixes, existing, is_glob, matches, open_folders

EVERYWHERE = ""
"""Stands for the split where files of all splits lie together."""
NAMED_AT_MOST = 5
CORRECT_PATH = "correct the path; it is relative to the YAML's folder"

Files = dict[str, Path]
"""By name."""


class Remark(NamedTuple):
    """Something that is wrong, looks so, or is worth knowing."""

    level: Literal["error", "warning", "fact"]
    where: str
    found: str
    next_step: str


def find_images_and_masks(
    description: Description, file: Path, findings: list[Remark]
) -> tuple[dict[str, Files], dict[str, Files]]:
    """Files by split and name; a file that is a mask is not an image as well.

    A name is the stem without prefix and suffix. Where images of several folders share it, the
    folders that the globs leave open come before it: ``v1/0001`` of ``frames/*/*.jpg``.
    """
    image_affixes = Affixes(description.image_prefix, description.image_suffix)
    mask_affixes = Affixes(description.mask_prefix, description.mask_suffix)
    masks: dict[str, list[Path]] = {}
    for split, place in places_by_split(description.masks):
        paths = find_pictures(place, file, f"masks{split and '.'}{split}", findings)
        if image_affixes and not mask_affixes:
            paths = [path for path in paths if not image_affixes.fit(path)]
        masks[split] = _called(paths, mask_affixes, place, f"{file}: masks", findings)
    taken = {path for paths in masks.values() for path in paths}
    images: dict[str, list[Path]] = {}
    for split, place in places_by_split(description.images):
        paths = find_pictures(place, file, f"images{split and '.'}{split}", findings)
        own = [path for path in paths if path not in taken]
        if paths and not own:
            found = f"every file in '{place}' is a mask as well"
            step = "name another place, or give the masks' names a `mask_suffix`"
            findings.append(Remark("error", f"{file}: images", found, step))
        images[split] = _called(own, image_affixes, place, f"{file}: images", findings)
    by_folder = any(_share_names(paths, image_affixes) for paths in images.values())
    return (
        _by_name(images, description.images, image_affixes, by_folder, file, findings),
        _by_name(masks, description.masks, mask_affixes, by_folder, file, findings),
    )


def _called(
    paths: list[Path], affixes: Affixes, place: str, where: str, findings: list[Remark]
) -> list[Path]:
    """The paths whose names have the affixes."""
    own = [path for path in paths if affixes.fit(path)]
    if paths and not own:
        found = f"no file in '{place}' has a name that {affixes}"
        step = "correct prefix and suffix; the ending of the file, such as .png, is no part of it"
        findings.append(Remark("error", where, found, step))
    return own


def _share_names(paths: list[Path], affixes: Affixes) -> bool:
    """Whether files of different folders have one name."""
    names = {affixes.without(path.stem) for path in paths}
    return len(names) < len({(path.parent, affixes.without(path.stem)) for path in paths})


def places_by_split(places: str | PlacePerSplit) -> list[tuple[str, str]]:
    """Each split with its place, or ``EVERYWHERE`` with the only one."""
    if isinstance(places, str):
        return [(EVERYWHERE, places)]
    return [(split, getattr(places, split)) for split in SPLITS]


def find_pictures(place: str, file: Path, key: str, findings: list[Remark]) -> list[Path]:
    """The image files of a folder, or those that a glob matches, in name order."""
    base = existing(file, place)
    paths: Iterable[Path] = ()
    if is_glob(file, place):
        try:
            paths = list(matches(file, place))
        except ValueError as error:
            step = "correct the glob; ** stands for whole folders"
            findings.append(Remark("error", f"{file}: {key}", f"'{place}': {error}", step))
            return []
    elif base.is_dir():
        paths = base.iterdir()
    else:
        found = f"there is no folder {base}"
        findings.append(Remark("error", f"{file}: {key}", found, CORRECT_PATH))
        return []
    suffixes = picture_suffixes()
    kept = [one for one in paths if one.suffix.lower() in suffixes and one.name[0] != "."]
    if not kept:
        found = f"no image files in '{place}'"
        has_folders = base.is_dir() and any(one.is_dir() for one in base.iterdir())
        step = f"name the folders in it by a glob: {place}/**/*" if has_folders else CORRECT_PATH
        findings.append(Remark("error", f"{file}: {key}", found, step))
    return sorted(kept)


@cache
def picture_suffixes() -> frozenset[str]:
    """The suffixes of all formats that Pillow reads."""
    known = Image.registered_extensions()
    return frozenset(suffix for suffix, kind in known.items() if kind in Image.OPEN)


def _by_name(
    paths_by_split: Mapping[str, list[Path]],
    places: str | PlacePerSplit,
    affixes: Affixes,
    by_folder: bool,
    file: Path,
    findings: list[Remark],
) -> dict[str, Files]:
    """Paths by split and name; of two with one name the first."""
    named: dict[str, Files] = {}
    for split, place in places_by_split(places):
        files: Files = named.setdefault(split, {})
        for path in paths_by_split[split]:
            folders = open_folders(path, place, file) if by_folder else ""
            name = folders + affixes.without(path.stem)
            if name in files:
                found = f"{short_path(files[name], file)} and {short_path(path, file)} "
                step = "rename or delete one"
                findings.append(Remark("error", f"{file}: names", f"{found}have one name", step))
            files.setdefault(name, path)
    return named


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

"""Finds the images and masks of a user's data set and says all that is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from segnet.datasets.custom.description import SPLITS, Description, FractionPerSplit, PlacePerSplit
from segnet.datasets.custom.files import (
    EVERYWHERE,
    Files,
    Remark,
    find_images_and_masks,
    find_pictures,
    picture_suffixes,
    places_by_split,
    short_path,
    some,
    without,
)
from segnet.datasets.custom.naming import Affixes, composed, existing
from segnet.datasets.custom.splits import read_list, sequences_in_two_splits, split_by_fractions
from segnet.errors import UserError, nearest


class LabelledFile(NamedTuple):
    """An image file with its mask file."""

    name: str
    """The image's stem without prefix and suffix; with its folders where stems are not unique."""
    sequence: str
    image: Path
    mask: Path


@dataclass(frozen=True)
class Survey:
    """What a description's folders hold; nothing is decoded."""

    splits: dict[str, list[LabelledFile]]
    """In the order train, val, test; each in name order. What has no partner is left out."""
    findings: tuple[Remark, ...]


def survey(description: Description, file: Path) -> Survey:
    """Pair images and masks by stem, and split them.

    Args:
        description: the content of the YAML.
        file: the YAML; its paths are relative to its folder.
    """
    findings: list[Remark] = []
    images, masks = find_images_and_masks(description, file, findings)
    chosen = _choose(description, file, images, findings)
    pairs: dict[str, list[LabelledFile]] = {}
    unlabelled: list[str] = []
    for split, names in chosen.items():
        pairs[split] = []
        for name in names:
            image = images.get(split, images.get(EVERYWHERE, {}))[name]
            mask = masks.get(split, masks.get(EVERYWHERE, {})).get(name)
            sequence = _sequence(description, name, findings, file)
            if mask is None:
                unlabelled.append(short_path(image, file))
            else:
                pairs[split].append(LabelledFile(name, sequence, image, mask))
    if unlabelled:
        step = f"draw their masks ({description.masks}), or move the images away"
        findings.append(Remark("error", f"{file}: images", without("mask", unlabelled), step))
    if not isinstance(description.splits, PlacePerSplit):
        findings += _lonely_masks(images, masks, file)
    if isinstance(description.splits, FractionPerSplit) and EVERYWHERE in pairs:
        pairs = _split(pairs[EVERYWHERE], description, file, findings)
    if isinstance(description.images, PlacePerSplit):
        pairs = _told_apart(pairs)
    findings += _check_splits(pairs, file)
    return Survey({split: pairs.get(split, []) for split in SPLITS}, tuple(findings))


def _choose(
    description: Description, file: Path, images: Mapping[str, Files], findings: list[Remark]
) -> dict[str, list[str]]:
    """The names that take part, by split; all under ``EVERYWHERE`` if fractions will split them."""
    if not isinstance(description.splits, PlacePerSplit):
        return {split: list(files) for split, files in images.items()}
    chosen: dict[str, list[str]] = {}
    known = images[EVERYWHERE]
    for split, place in places_by_split(description.splits):
        path, key = existing(file, place), f"{file}: splits.{split}"
        if path.is_dir():
            lines = [one.name for one in find_pictures(place, file, f"splits.{split}", findings)]
        else:
            try:
                lines = read_list(path)
            except UserError as error:
                findings.append(Remark("error", key, str(error), "correct the path"))
                lines = []
        names = [_name_in_list(line, description, known) for line in lines]
        strange = [line for line, name in zip(lines, names, strict=True) if name not in known]
        if strange:
            found = f"{place} lists {some(strange)}, which no image is called"
            step = f"{nearest(strange[0], known)}Correct the list, or add the image"
            findings.append(Remark("error", key, found, step))
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            found = f"{place} lists {some(twice)} more than once"
            findings.append(Remark("error", key, found, "delete the repetition"))
        chosen[split] = sorted({name for name in names if name in known})
    return chosen


def _name_in_list(line: str, description: Description, known: Mapping[str, Path]) -> str:
    """The image that a line means: its name, file name or path, or those of its mask."""
    path = composed(line).replace("\\", "/")
    if PurePosixPath(path).suffix.lower() in picture_suffixes():
        path = str(PurePosixPath(path).with_suffix(""))
    parts = PurePosixPath(path).parts
    for start in range(len(parts)):
        *folders, last = parts[start:]
        stems = (
            last,
            Affixes(description.mask_prefix, description.mask_suffix).without(last),
            Affixes(description.image_prefix, description.image_suffix).without(last),
        )
        for name in ("/".join((*folders, stem)) for stem in stems):
            if name in known:
                return name
    return line


def _sequence(description: Description, name: str, findings: list[Remark], file: Path) -> str:
    """The video of an image; a still is its own."""
    if not description.sequence:
        return name
    match = re.search(description.sequence, name)
    if match is None or not match[1]:
        found = f"'{description.sequence}' finds no video in '{name}'"
        step = "correct the expression; its first group is the video"
        findings.append(Remark("error", f"{file}: sequence", found, step))
        return name
    return match[1]


def _lonely_masks(
    images: Mapping[str, Files], masks: Mapping[str, Files], file: Path
) -> list[Remark]:
    """Masks whose image is missing."""
    lonely = []
    for split, files in masks.items():
        places = [images[split]] if split in images else list(images.values())
        lonely += [
            short_path(path, file)
            for name, path in files.items()
            if not any(name in one for one in places)
        ]
    if not lonely:
        return []
    step = "add their images, or move the masks away"
    return [Remark("error", f"{file}: masks", without("image", lonely), step)]


def _told_apart(pairs: Mapping[str, list[LabelledFile]]) -> dict[str, list[LabelledFile]]:
    """Pairs of folders of their own, named ``train/0001`` if two splits count from the same."""
    names = [pair.name for files in pairs.values() for pair in files]
    if len(set(names)) == len(names):
        return dict(pairs)
    renamed: dict[str, list[LabelledFile]] = {}
    for split, files in pairs.items():
        renamed[split] = []
        for one in files:
            name = f"{split}/{one.name}"
            sequence = name if one.sequence == one.name else one.sequence
            renamed[split].append(one._replace(name=name, sequence=sequence))
    return renamed


def _split(
    pairs: list[LabelledFile], description: Description, file: Path, findings: list[Remark]
) -> dict[str, list[LabelledFile]]:
    assert isinstance(description.splits, FractionPerSplit)
    by_name = {pair.name: pair for pair in pairs}
    sequence_of = {pair.name: pair.sequence for pair in pairs}
    try:
        names = split_by_fractions(sequence_of, description.splits, seed=description.seed)
    except UserError as error:
        step = "see the key `splits` in the README"
        findings.append(Remark("error", f"{file}: splits", str(error), step))
        return {"train": pairs}
    return {split: [by_name[name] for name in names[split]] for split in SPLITS}


def _check_splits(pairs: Mapping[str, list[LabelledFile]], file: Path) -> list[Remark]:
    """Every split has pairs, and none shares a name or a video with another."""
    findings = []
    split_of: dict[str, str] = {}
    shared: dict[tuple[str, str], list[str]] = {}
    for split in SPLITS:
        if not pairs.get(split):
            step = "give every split an image with a mask"
            found = f"'{split}' has no labelled image"
            findings.append(Remark("error", f"{file}: splits", found, step))
        for pair in pairs.get(split, []):
            if pair.name in split_of:
                shared.setdefault((split_of[pair.name], split), []).append(pair.name)
            split_of.setdefault(pair.name, split)
    for (first, second), names in shared.items():
        found = f"{some(names)} in both '{first}' and '{second}'"
        step = "an image belongs to one split: take it out of the other, or rename it"
        findings.append(Remark("error", f"{file}: splits", found, step))
    sequence_of = {pair.name: pair.sequence for files in pairs.values() for pair in files}
    names_by_split = {split: [one.name for one in files] for split, files in pairs.items()}
    videos = sequences_in_two_splits(sequence_of, names_by_split)
    cut = [video for video in videos if video not in split_of]  # a still is reported by its name
    if cut:
        found = f"frames of {some(cut)} are in several splits"
        step = "neighbouring frames look alike: scores on them say little about new videos"
        findings.append(Remark("warning", f"{file}: splits", found, step))
    return findings

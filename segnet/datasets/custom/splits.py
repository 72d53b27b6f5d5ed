"""Who trains, validates and tests in a user's data set: by fractions, or by lists."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from segnet.datasets.custom.description import SPLITS, FractionPerSplit
from segnet.errors import UserError

LARGEST_LIST_BYTES = 64 * 2**20
"""Half a million long paths."""


def split_by_fractions(
    sequence_of: Mapping[str, str], fractions: FractionPerSplit, *, seed: int
) -> dict[str, list[str]]:
    """Names by split, close to the fractions and with at least one in each.

    Sequences stay whole, so no split sees a neighbour of another's frame. They are taken in the
    order of the SHA-256 of ``"<seed> <sequence>"``, which depends on no file order: the first goes
    to test, the second to val, the third to train, and every other to the split that then lacks
    most images of its share (the earliest of train, val, test if several do).

    Args:
        sequence_of: the sequence of each name; a still is its own.
        fractions: add up to 1.
        seed: another number, another order.

    Raises:
        UserError: if there are fewer than three sequences.
    """
    members: dict[str, list[str]] = {}
    for name, sequence in sequence_of.items():
        members.setdefault(sequence, []).append(name)
    if len(members) < len(SPLITS):
        raise UserError(
            f"there are {len(members)} sequences or stills ({len(sequence_of)} labelled images), "
            "too few for train, val and test. Add images, or name the images of each split in "
            "lists."
        )
    ordered = sorted(members, key=lambda one: hashlib.sha256(f"{seed} {one}".encode()).digest())
    lacking = {split: getattr(fractions, split) * len(sequence_of) for split in SPLITS}
    chosen: dict[str, list[str]] = {split: [] for split in SPLITS}
    for place, sequence in enumerate(ordered):
        if place < len(SPLITS):
            split = SPLITS[-1 - place]
        else:
            # rounded: 0.1 * 10 - 1 must be no more than 0
            split = max(SPLITS, key=lambda one: round(lacking[one], 6))
        chosen[split] += members[sequence]
        lacking[split] -= len(members[sequence])
    return {split: sorted(names) for split, names in chosen.items()}


def read_list(path: Path) -> list[str]:
    """The lines of a text file, without blank ones.

    Raises:
        UserError: if it is missing, a device, no text, or larger than any list of names.
    """
    form = "A split is a folder of images or a text file with a name a line"
    if path.exists() and not path.is_file():  # a pipe has no end, and a device may have none
        raise UserError(f"{path} is no file. {form}.")
    try:
        size = path.stat().st_size
        if size > LARGEST_LIST_BYTES:
            raise UserError(
                f"{path} has {size} bytes; a list has at most {LARGEST_LIST_BYTES}. {form}."
            )
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is no text file that can be read ({error}). {form}.") from None
    return [line.strip() for line in lines if line.strip()]


def sequences_in_two_splits(
    sequence_of: Mapping[str, str], names_by_split: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    """Sequences whose images are in several splits, with these splits."""
    found: dict[str, list[str]] = {}
    for split, names in names_by_split.items():
        for sequence in {sequence_of[name] for name in names}:
            found.setdefault(sequence, []).append(split)
    return {one: tuple(splits) for one, splits in sorted(found.items()) if len(splits) > 1}

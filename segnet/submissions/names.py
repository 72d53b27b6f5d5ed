"""Which file is the prediction for which image, whatever stands before and after the name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

TRIED = 40
"""Stems in which image names are looked for. The affixes that are found are tried on all stems."""


class Affixes(NamedTuple):
    """What every stem has before and after the name of its image."""

    prefix: str
    suffix: str

    def around(self, name: str) -> str:
        """The stem of an image's file."""
        return f"{self.prefix}{name}{self.suffix}"

    def __str__(self) -> str:
        """``out_NAME_pred``."""
        return self.around("NAME")


NONE = Affixes("", "")


def find_affixes(stems: Collection[str], names: Sequence[str]) -> Affixes:
    """The prefix and suffix with which most images have a file; of equals, the shorter.

    All files have the same: a folder in which names are spelled in two ways is not guessed at.
    """
    known = set(stems)
    candidates = Counter({NONE: 0})
    for stem in sorted(known - set(names))[:TRIED]:
        for name in names:
            before, found, after = stem.partition(name)
            if found:
                candidates[Affixes(before, after)] += 1

    def files(affixes: Affixes) -> int:
        return sum(affixes.around(name) in known for name in names)

    return max(candidates, key=lambda one: (files(one), -len(one.prefix + one.suffix)))


def numbered_names(stems: Sequence[str], names: Sequence[str]) -> dict[str, str] | None:
    """Stem by image name where the stems are numbers in order; None if they are not.

    mmsegmentation's inferencer writes ``00000000_pred.png``, one number an image that it was given.
    The numbers may start anywhere, but every image needs one.
    """
    digits: Mapping[str, str] = {stem: "".join(filter(str.isdigit, stem)) for stem in stems}
    rests = {stem.replace(found, "#", 1) if found else stem for stem, found in digits.items()}
    if len(rests) != 1 or len(stems) != len(names) or not all(digits.values()):
        return None
    ordered = sorted(stems, key=lambda stem: int(digits[stem]))
    first = int(digits[ordered[0]])
    if [int(digits[stem]) for stem in ordered] != list(range(first, first + len(names))):
        return None
    return dict(zip(sorted(names), ordered, strict=True))

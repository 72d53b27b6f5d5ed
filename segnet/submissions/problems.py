"""What is wrong with somebody's predictions, told all at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

NAMED_AT_MOST = 12


class Problem(NamedTuple):
    """One thing that is wrong in one place."""

    what: str
    """The same words for the same mistake, so that places can be listed together."""
    where: str
    """A file, an image, or a key of an archive."""
    fix: str


class ProblemError(Exception):
    """A prediction that cannot be scored; the caller collects these and goes on."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix

    def at(self, where: str) -> Problem:
        """The problem with its place."""
        return Problem(self.what, where, self.fix)


def describe(problems: Iterable[Problem]) -> str:
    """A line for each kind of problem, with its places and what to do."""
    places: dict[tuple[str, str], list[str]] = {}
    for one in problems:
        places.setdefault((one.what, one.fix), []).append(one.where)
    return "\n".join(
        f"- {what}: {first_names(where)}. {fix}" for (what, fix), where in places.items()
    )


def first_names(names: Sequence[str], at_most: int = NAMED_AT_MOST) -> str:
    """The names, after the first few only how many there are."""
    if len(names) <= at_most + 1:
        return ", ".join(names)
    return f"{', '.join(names[:at_most])} and {len(names) - at_most} more ({len(names)} in all)"

"""A validation part for data sets that have none of their own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations

from segnet.errors import UserError

SHOWN = 10


def hold_out(names: Sequence[str], count: int, *, option: str) -> list[str]:
    """``count`` of the names: in ascending order, number ``i * len(names) // count`` for each i.

    Args:
        names: what may be held out, without repetition.
        count: how many.
        option: the key of ``params.yaml`` that says so.

    Raises:
        UserError: unless fewer than all are held out.
    """
    if not 0 < count < len(names):
        raise UserError(
            f"params.yaml: '{option}' is {count}, but {len(names)} images may be held out. "
            f"Choose 1..{len(names) - 1}."
        )
    ordered = sorted(names)
    return [ordered[number * len(ordered) // count] for number in range(count)]


def require_disjoint(lists: Mapping[str, Collection[str]]) -> None:
    """Check that no name is in two lists; ``lists`` are named by where they come from.

    Raises:
        UserError: with the lists and the names that they share.
    """
    for (where, names), (other_where, other_names) in combinations(lists.items(), 2):
        shared = sorted(set(names) & set(other_names))
        if shared:
            more = f" and {len(shared) - SHOWN} more" if len(shared) > SHOWN else ""
            raise UserError(
                f"{where} and {other_where} share {', '.join(shared[:SHOWN])}{more}. An image that "
                "is trained on must not be scored: take it out of one list."
            )

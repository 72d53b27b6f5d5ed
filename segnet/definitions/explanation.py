"""The same predictions under every definition, and which of them give a number that was read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from segnet.definitions.evidence import Definition, Evidence
from segnet.definitions.registry import DEFINITIONS, STRICT

NEAR = 0.01
"""A point: definitions this near to a published number may be its own."""


class Explained(NamedTuple):
    """One definition's number."""

    definition: Definition
    value: float
    """Mean over seeds; NaN if it cannot be computed from what is there."""
    above_strict: float
    """What a reader who expects the strict number is misled by; NaN with the value."""


def explain(evidence: Sequence[Evidence]) -> tuple[Explained, ...]:
    """Every definition, the highest number first; those without one are last.

    Args:
        evidence: of each training of one row; the numbers are means over them.
    """
    means = {one.key: _mean([one.value(seed) for seed in evidence]) for one in DEFINITIONS}
    strict = means[STRICT.key]
    rows = [Explained(one, means[one.key], means[one.key] - strict) for one in DEFINITIONS]
    return tuple(
        sorted(rows, key=lambda row: -math.inf if math.isnan(row.value) else row.value)[::-1]
    )


def near_target(rows: Sequence[Explained], target: float) -> tuple[Explained, ...]:
    """The definitions within a point of a number, the nearest first.

    Args:
        rows: of :func:`explain`.
        target: a fraction of one.
    """
    near = [row for row in rows if abs(row.value - target) <= NEAR]
    return tuple(sorted(near, key=lambda row: abs(row.value - target)))


def _mean(values: Sequence[float]) -> float:
    """Mean over seeds; NaN if it is for any."""
    return math.fsum(values) / len(values)

"""What definitions are computed from."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from segnet.definitions.pair_counts import PairCounts

Resized = Literal["half", "quarter", "bilinear"]


@dataclass(frozen=True)
class Evidence:
    """Predictions for a split, counted."""

    pairs: PairCounts
    """Of every image, in the order of the split."""
    class_names: tuple[str, ...]
    knows_void: bool
    """Whether the last row, predictions on void, was counted; the counts of a bench have none."""
    resized: Mapping[Resized, PairCounts] = field(default_factory=dict)
    """The same with both maps made smaller before counting: to a half and a quarter by the nearest
    label, and to a half with the true labels interpolated as if they were a picture."""
    validation_miou: float = math.nan
    """Strict, on the validation split; NaN if it is not known."""


@dataclass(frozen=True)
class Definition:
    """A number that is called mIoU, or is taken for it."""

    key: str
    title: str
    code: str
    """Public code, or a paper, that computes it."""
    hides: str
    """What a reader of the number cannot see."""
    value: Callable[[Evidence], float]
    """NaN where the evidence does not allow it."""
    needs: str = ""
    """What must be there beside counts."""

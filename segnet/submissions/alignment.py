"""Whether labels look shifted or permuted. Nothing is ever put right in silence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64
from scipy.optimize import linear_sum_assignment

from segnet.scoring.counts import metrics

FAR_BETTER = 0.1
"""A rise of mIoU by another assignment of the labels that is worth a warning. The best assignment
is never worse; for networks that were trained as they should be it is equal or nearly so."""


class Permutation(NamedTuple):
    """Another reading of the predicted labels, far better than the one that was scored."""

    miou: float
    """As scored."""
    best_miou: float
    """With every predicted label read as the class that fits best."""
    moves: tuple[tuple[str, str], ...]
    """Predicted class, and the class that it looks like, where they differ."""

    def __str__(self) -> str:
        """What to tell the user."""
        moves = ", ".join(f"{read} is {looks}" for read, looks in self.moves[:6])
        more = ", ..." if len(self.moves) > 6 else ""
        return (
            f"the labels look shifted or permuted: mIoU is {100 * self.miou:.1f}, but "
            f"{100 * self.best_miou:.1f} if what was read as {moves}{more}. Nothing was changed; "
            "check the order of the classes, and --labels"
        )


def find_permutation(
    counts: Int64[np.ndarray, "classes classes"], names: Sequence[str]
) -> Permutation | None:
    """The best one-to-one reading of the predicted labels, if it is far better than theirs.

    Args:
        counts: true and predicted classes over the split.
        names: of the classes.
    """
    correct = counts.astype(np.float64)
    union = counts.sum(1)[:, None] + counts.sum(0)[None] - correct
    overlap = np.divide(correct, union, out=np.zeros_like(correct), where=union > 0)
    truth, predicted = linear_sum_assignment(overlap, maximize=True)
    scored, best = float(metrics.miou(counts)), float(metrics.miou(counts[:, predicted]))
    if not best - scored > FAR_BETTER:
        return None
    moves = [
        (names[read], names[looks])
        for looks, read in zip(truth.tolist(), predicted.tolist(), strict=True)
        if looks != read and counts[looks, read]
    ]
    return Permutation(scored, best, tuple(moves))

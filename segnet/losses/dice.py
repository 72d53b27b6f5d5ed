"""Soft Dice loss."""

from __future__ import annotations

from jaxtyping import Float, Int64
from torch import Tensor

from segnet.losses.parts.soft_dice import soft_dice

SOURCE = "Milletari et al., arXiv 1606.04797"


def dice(
    logits: Float[Tensor, "b classes h w"], targets: Int64[Tensor, "b h w"]
) -> Float[Tensor, ""]:
    """One minus the mean soft Dice of the classes that occur in the batch's truth; in [0, 1].

    What departs from the source: :func:`segnet.losses.parts.soft_dice.soft_dice`.
    """
    return soft_dice(logits, targets)

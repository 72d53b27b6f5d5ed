"""Cross-entropy and Dice loss together."""

from __future__ import annotations

from jaxtyping import Float, Int64
from torch import Tensor

from segnet.losses.parts.mean_cross_entropy import mean_cross_entropy
from segnet.losses.parts.soft_dice import soft_dice

SOURCE = "Isensee et al., arXiv 1809.10486"


def cross_entropy_and_dice(
    logits: Float[Tensor, "b classes h w"],
    targets: Int64[Tensor, "b h w"],
    *,
    class_weights: Float[Tensor, " classes"] | None = None,
) -> Float[Tensor, ""]:
    """Sum of cross-entropy and Dice loss; class weights apply to the cross-entropy alone.

    Dice gives every class the same say already.
    """
    cross_entropy = mean_cross_entropy(logits, targets, class_weights=class_weights)
    return cross_entropy + soft_dice(logits, targets)

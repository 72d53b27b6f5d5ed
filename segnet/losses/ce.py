"""Cross-entropy, the loss of the SegNet paper."""

from __future__ import annotations

from jaxtyping import Float, Int64
from torch import Tensor

from segnet.losses.parts.mean_cross_entropy import mean_cross_entropy

SOURCE = "arXiv 1511.00561, section 3.2"


def cross_entropy(
    logits: Float[Tensor, "b classes h w"],
    targets: Int64[Tensor, "b h w"],
    *,
    class_weights: Float[Tensor, " classes"] | None = None,
) -> Float[Tensor, ""]:
    """Mean cross-entropy in nats over the labelled pixels of the batch; weighted if so asked."""
    return mean_cross_entropy(logits, targets, class_weights=class_weights)

"""Cross-entropy of each pixel, which losses and scores are made of."""

from __future__ import annotations

from jaxtyping import Float, Int64
from torch import Tensor

from segnet.taxonomy import IGNORE_INDEX


def pixel_cross_entropy(
    logits: Float[Tensor, "b classes h w"], targets: Int64[Tensor, "b h w"]
) -> tuple[Float[Tensor, "b h w"], Float[Tensor, "b h w"]]:
    """Cross-entropy of each pixel, 0 where not labelled, and 1 where labelled, else 0."""
    labelled = targets != IGNORE_INDEX
    classes = targets.where(labelled, 0)
    log_probabilities = logits.float().log_softmax(1)
    per_pixel = -log_probabilities.gather(1, classes[:, None])[:, 0]
    return per_pixel.where(labelled, 0), labelled.float()

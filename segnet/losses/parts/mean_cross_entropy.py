"""Mean cross-entropy of a batch, each pixel with the weight of its class."""

from __future__ import annotations

from jaxtyping import Float, Int64
from torch import Tensor

from segnet.losses.parts.pixel_cross_entropy import pixel_cross_entropy
from segnet.taxonomy import IGNORE_INDEX


def mean_cross_entropy(
    logits: Float[Tensor, "b classes h w"],
    targets: Int64[Tensor, "b h w"],
    *,
    class_weights: Float[Tensor, " classes"] | None,
) -> Float[Tensor, ""]:
    """Mean cross-entropy in nats over the labelled pixels of a batch.

    Equal to ``F.cross_entropy``, which has no deterministic CUDA kernel for masks and gives NaN for
    a batch without labels. With class weights the mean is weighted: each pixel has the weight of
    its true class, and the sum is divided by the sum of these weights, so that a factor on all
    weights changes nothing. Where that sum is 0, so is the loss.
    """
    per_pixel, weights = pixel_cross_entropy(logits, targets)
    if class_weights is not None:
        classes = targets.where(targets != IGNORE_INDEX, 0)
        weights = weights * class_weights.to(targets.device)[classes]
    total = weights.sum()
    return (weights * per_pixel).sum() / total.where(total > 0, 1)

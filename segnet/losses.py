"""Losses by name: functions of logits (B, C, H, W) and targets (B, H, W) to a scalar.

Pixels whose target is ``IGNORE_INDEX`` have no part in any loss, and a batch without a labelled
pixel costs 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jaxtyping import Float, Int64
from torch import Tensor

from segnet.errors import UserError, lookup
from segnet.taxonomy import IGNORE_INDEX

Loss = Callable[[Float[Tensor, "b classes h w"], Int64[Tensor, "b h w"]], Float[Tensor, ""]]


def cross_entropy(
    logits: Float[Tensor, "b classes h w"], targets: Int64[Tensor, "b h w"]
) -> Float[Tensor, ""]:
    """Mean cross-entropy in nats over the labelled pixels of the batch.

    Equal to ``F.cross_entropy``, which has no deterministic CUDA kernel for masks and gives NaN for
    a batch without labels.
    """
    per_pixel, labelled = pixel_cross_entropy(logits, targets)
    return per_pixel.sum() / labelled.sum().clamp(min=1)


def pixel_cross_entropy(
    logits: Float[Tensor, "b classes h w"], targets: Int64[Tensor, "b h w"]
) -> tuple[Float[Tensor, "b h w"], Float[Tensor, "b h w"]]:
    """Cross-entropy of each pixel, 0 where not labelled, and 1 where labelled, else 0."""
    labelled = targets != IGNORE_INDEX
    classes = targets.where(labelled, 0)
    log_probabilities = logits.float().log_softmax(1)
    per_pixel = -log_probabilities.gather(1, classes[:, None])[:, 0]
    return per_pixel.where(labelled, 0), labelled.float()


LOSSES: dict[str, Loss] = {
    "ce": cross_entropy,
}


def build_loss(name: str, options: Mapping[str, Any]) -> Loss:
    """The loss of that name.

    Raises:
        UserError: for an unknown name or option.
    """
    loss = lookup(LOSSES, name, what="loss")
    if options:
        raise UserError(
            f"params.yaml: losses.{name}: unknown option '{next(iter(options))}'. Known: none."
        )
    return loss

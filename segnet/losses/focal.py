"""Focal loss by segmentation-models-pytorch (smp)."""

from __future__ import annotations

from typing import Annotated

from jaxtyping import Float, Int64
from pydantic import Field
from segmentation_models_pytorch.losses import FocalLoss
from torch import Tensor

from segnet.losses.parts.unlabelled import nothing_labelled, zero_loss
from segnet.taxonomy import IGNORE_INDEX

SOURCE = "Lin et al., arXiv 1708.02002, smp"


def focal(
    logits: Float[Tensor, "b classes h w"],
    targets: Int64[Tensor, "b h w"],
    *,
    gamma: Annotated[float, Field(ge=1)] = 2.0,
) -> Float[Tensor, ""]:
    """Focal loss by smp: one class against the rest, mean over labelled pixels and all classes.

    Lin et al. (arXiv 1708.02002), equation 4, without alpha: each logit is the sigmoid logit of its
    class, so training makes no softmax distribution of them (calibration is that of a softmax all
    the same). Departs from the paper, which divides by the foreground boxes.

    Args:
        logits: scores before the sigmoid.
        targets: class indices.
        gamma: how fast the loss of a pixel falls as it gets easy; at least 1, because below the
            gradient of a pixel that is exactly right is NaN.
    """
    if nothing_labelled(targets):  # smp's mean over no pixel is NaN
        return zero_loss(logits)
    loss = FocalLoss("multiclass", gamma=gamma, ignore_index=IGNORE_INDEX)
    value: Tensor = loss(logits.float(), targets)
    return value

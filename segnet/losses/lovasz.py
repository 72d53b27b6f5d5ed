"""Lovász-Softmax by segmentation-models-pytorch (smp)."""

from __future__ import annotations

from jaxtyping import Float, Int64
from segmentation_models_pytorch.losses import LovaszLoss
from torch import Tensor

from segnet.losses.parts.unlabelled import nothing_labelled, zero_loss
from segnet.taxonomy import IGNORE_INDEX

SOURCE = "Berman et al., arXiv 1705.08790, smp"


def lovasz(
    logits: Float[Tensor, "b classes h w"], targets: Int64[Tensor, "b h w"]
) -> Float[Tensor, ""]:
    """Lovász-Softmax by smp: a surrogate of 1 - mean IoU over the labelled pixels; in [0, 1].

    Berman et al. (arXiv 1705.08790), over the whole batch at once, mean over the classes that occur
    in its truth. A class that is predicted but not true has no term.
    """
    if nothing_labelled(targets):  # smp's result is then empty, not a scalar
        return zero_loss(logits)
    value: Tensor = LovaszLoss("multiclass", ignore_index=IGNORE_INDEX)(logits.float(), targets)
    return value

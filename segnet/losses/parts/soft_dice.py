"""The soft Dice loss of a batch, over the classes that occur in it."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from segnet.taxonomy import IGNORE_INDEX


def soft_dice(
    logits: Float[Tensor, "b classes h w"], targets: Int64[Tensor, "b h w"]
) -> Float[Tensor, ""]:
    """One minus the mean soft Dice of the classes that occur in the batch's truth; in [0, 1].

    With softmax probabilities p and one-hot truth y, the Dice of class c is
    ``2 sum(p_c y_c) / (sum(p_c) + sum(y_c))``, each sum over all labelled pixels of the batch.

    The mean is over the classes with a true pixel, so the loss is 0 for a perfect and 1 for an
    entirely wrong prediction however many classes the batch shows. (smp's ``DiceLoss`` divides by
    the number of all classes: 8 of 59 present bound it by 0.136.) Their denominators are at least
    1, one true pixel, so there is no smoothing constant.

    A class that is predicted but not true has no term. It still costs what it takes from the true
    class's numerator, but no denominator beside: less than a false pixel of a class that occurs.
    """
    labelled = (targets != IGNORE_INDEX)[:, None]
    num_classes = logits.shape[1]
    truth = targets[:, None] == torch.arange(num_classes, device=targets.device).view(1, -1, 1, 1)
    probabilities = logits.float().softmax(1) * labelled
    true_pixels = truth.sum((0, 2, 3))
    overlap = (probabilities * truth).sum((0, 2, 3))
    # only classes without a true pixel, whose overlap is exactly 0, can have a sum below 1
    dice_each = 2 * overlap / (probabilities.sum((0, 2, 3)) + true_pixels).clamp(min=1)
    occurs = true_pixels > 0
    return ((1 - dice_each) * occurs).sum() / occurs.sum().clamp(min=1)

"""Losses by name: functions of logits (B, C, H, W) and targets (B, H, W) to a scalar.

Pixels whose target is ``IGNORE_INDEX`` have no part in any loss, and a batch without a labelled
pixel costs 0. All arithmetic is float32, whatever precision the logits have; every operation has a
deterministic CUDA kernel.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from segnet.errors import UserError, lookup, nearest, unknown
from segnet.losses.class_weights import CLASS_WEIGHTS
from segnet.taxonomy import IGNORE_INDEX

Loss = Callable[[Float[Tensor, "b classes h w"], Int64[Tensor, "b h w"]], Float[Tensor, ""]]


def cross_entropy(
    logits: Float[Tensor, "b classes h w"],
    targets: Int64[Tensor, "b h w"],
    *,
    class_weights: Float[Tensor, " classes"] | None = None,
) -> Float[Tensor, ""]:
    """Mean cross-entropy in nats over the labelled pixels of the batch.

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


def pixel_cross_entropy(
    logits: Float[Tensor, "b classes h w"], targets: Int64[Tensor, "b h w"]
) -> tuple[Float[Tensor, "b h w"], Float[Tensor, "b h w"]]:
    """Cross-entropy of each pixel, 0 where not labelled, and 1 where labelled, else 0."""
    labelled = targets != IGNORE_INDEX
    classes = targets.where(labelled, 0)
    log_probabilities = logits.float().log_softmax(1)
    per_pixel = -log_probabilities.gather(1, classes[:, None])[:, 0]
    return per_pixel.where(labelled, 0), labelled.float()


def dice(
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


def cross_entropy_and_dice(
    logits: Float[Tensor, "b classes h w"],
    targets: Int64[Tensor, "b h w"],
    *,
    class_weights: Float[Tensor, " classes"] | None = None,
) -> Float[Tensor, ""]:
    """Sum of cross-entropy and Dice loss; class weights apply to the cross-entropy alone.

    Dice gives every class the same say already.
    """
    return cross_entropy(logits, targets, class_weights=class_weights) + dice(logits, targets)


def focal(
    logits: Float[Tensor, "b classes h w"], targets: Int64[Tensor, "b h w"], *, gamma: float = 2.0
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
    from segmentation_models_pytorch.losses import FocalLoss

    if _nothing_labelled(targets):  # smp's mean over no pixel is NaN
        return _zero(logits)
    loss = FocalLoss("multiclass", gamma=gamma, ignore_index=IGNORE_INDEX)
    value: Tensor = loss(logits.float(), targets)
    return value


def lovasz(
    logits: Float[Tensor, "b classes h w"], targets: Int64[Tensor, "b h w"]
) -> Float[Tensor, ""]:
    """Lovász-Softmax by smp: a surrogate of 1 - mean IoU over the labelled pixels; in [0, 1].

    Berman et al. (arXiv 1705.08790), over the whole batch at once, mean over the classes that occur
    in its truth. A class that is predicted but not true has no term.
    """
    from segmentation_models_pytorch.losses import LovaszLoss

    if _nothing_labelled(targets):  # smp's result is then empty, not a scalar
        return _zero(logits)
    value: Tensor = LovaszLoss("multiclass", ignore_index=IGNORE_INDEX)(logits.float(), targets)
    return value


def _nothing_labelled(targets: Int64[Tensor, "b h w"]) -> bool:
    return bool((targets == IGNORE_INDEX).all())


def _zero(logits: Float[Tensor, "b classes h w"]) -> Float[Tensor, ""]:
    """0, with a gradient of 0 for every logit."""
    return (logits.float() * 0).sum()


LOSSES: dict[str, Callable[..., Float[Tensor, ""]]] = {
    "ce": cross_entropy,
    "dice": dice,
    "ce_dice": cross_entropy_and_dice,
    "focal": focal,
    "lovasz": lovasz,
}

SOURCES = {
    "ce": "arXiv 1511.00561, section 3.2",
    "dice": "Milletari et al., arXiv 1606.04797",
    "ce_dice": "Isensee et al., arXiv 1809.10486",
    "focal": "Lin et al., arXiv 1708.02002, smp",
    "lovasz": "Berman et al., arXiv 1705.08790, smp",
}
"""Where each loss comes from; its docstring says what departs from that."""


def build_loss(
    name: str,
    options: Mapping[str, Any],
    *,
    class_counts: Int64[np.ndarray, "n classes"],
    image_pixels: Int64[np.ndarray, " n"],
) -> Loss:
    """The loss of that name.

    Args:
        name: a key of ``LOSSES``.
        options: the loss's own keyword arguments, ``params.yaml: losses.<name>``;
            ``class_weights`` is a key of ``CLASS_WEIGHTS``.
        class_counts: labelled pixels of each class in each training image.
        image_pixels: all pixels of each training image, void included.

    Raises:
        UserError: for an unknown name or option, or a value that the option cannot have.
    """
    loss = lookup(LOSSES, name, what="loss")
    known = set(inspect.signature(loss).parameters) - {"logits", "targets"}
    arguments = dict(options)
    where = f"params.yaml: losses.{name}"
    for option, value in options.items():
        if option not in known:
            raise UserError(
                f"{where}: unknown option '{option}'. {nearest(option, known)}"
                f"Known: {', '.join(sorted(known)) or 'none'}."
            )
        if option == "class_weights":
            if value not in tuple(CLASS_WEIGHTS):
                raise UserError(f"{where}: {unknown('class_weights', str(value), CLASS_WEIGHTS)}")
            weighting = CLASS_WEIGHTS[value]
            weights = None if weighting is None else weighting(class_counts, image_pixels)
            arguments[option] = None if weights is None else torch.from_numpy(weights).float()
        if option == "gamma" and not (isinstance(value, int | float) and value >= 1):
            raise UserError(f"{where}.gamma must be a number from 1 up, not {value!r}.")
    return partial(loss, **arguments)

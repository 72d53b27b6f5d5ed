"""Losses and metrics as others write them, sound and with one fault each."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

VOID = 255


def sound_loss(logits: Tensor, targets: Tensor) -> Tensor:
    per_pixel = F.cross_entropy(logits.float(), targets, ignore_index=VOID, reduction="sum")
    return per_pixel / (targets != VOID).sum().clamp(min=1)


class SoundLoss(nn.Module):
    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        return sound_loss(logits, targets)


def double_softmax(logits: Tensor, targets: Tensor) -> Tensor:
    return sound_loss(logits.softmax(1), targets)


def wants_probabilities(logits: Tensor, targets: Tensor) -> Tensor:
    return F.nll_loss(logits.clamp(min=1e-6).log(), targets, ignore_index=VOID)


def void_is_class_zero(logits: Tensor, targets: Tensor) -> Tensor:
    return sound_loss(logits, torch.where(targets == VOID, 0, targets))


def knows_no_void(logits: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(logits, targets)


def nan_for_all_void(logits: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(logits.float(), targets, ignore_index=VOID)


def sums_over_pixels(logits: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(logits.float(), targets, ignore_index=VOID, reduction="sum")


def upside_down(logits: Tensor, targets: Tensor) -> Tensor:
    return -sound_loss(logits, targets)


def detached(logits: Tensor, targets: Tensor) -> Tensor:
    return sound_loss(logits.detach(), targets).requires_grad_()


def a_loss_a_pixel(logits: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(logits, targets, ignore_index=VOID, reduction="none")


def _soft_dice(logits: Tensor, targets: Tensor) -> Tensor:
    """Dice of each class, (classes,), and 0 of those that are in neither."""
    labelled = (targets != VOID)[:, None]
    classes = logits.shape[1]
    one_hot = F.one_hot(targets.where(targets != VOID, 0), classes).permute(0, 3, 1, 2) * labelled
    p = logits.float().softmax(1) * labelled
    return 2 * (p * one_hot).sum((0, 2, 3)) / (p + one_hot).sum((0, 2, 3)).clamp(min=1e-6)


def dice_of_absent_classes(logits: Tensor, targets: Tensor) -> Tensor:
    return 1 - _soft_dice(logits, targets).mean()


def dice_scaled_by_absent_classes(logits: Tensor, targets: Tensor) -> Tensor:
    present = F.one_hot(targets.where(targets != VOID, 0), logits.shape[1]).sum((0, 1, 2)) > 0
    return ((1 - _soft_dice(logits, targets)) * present).mean()


def float32_only(logits: Tensor, targets: Tensor) -> Tensor:
    return sound_loss(torch.einsum("bchw,cd->bdhw", logits, torch.eye(logits.shape[1])), targets)


LOSS_FAULTS: tuple[tuple[Any, str], ...] = (
    (double_softmax, "a perfect prediction costs nothing, a wrong one much"),
    (wants_probabilities, "takes logits, not probabilities"),
    (void_is_class_zero, "void (255) has no part"),
    (knows_no_void, "void (255) has no part"),
    (nan_for_all_void, "a batch of void is no accident"),
    (sums_over_pixels, "does not grow with the batch"),
    (upside_down, "following its gradient makes predictions right"),
    (detached, "gives a finite scalar with a gradient"),
    (a_loss_a_pixel, "gives a finite scalar with a gradient"),
    (dice_of_absent_classes, "classes that are not in the batch cost nothing"),
    (dice_scaled_by_absent_classes, "its scale does not depend on how many classes the batch has"),
    (float32_only, "float32 and bfloat16 agree"),
)


def _counts(predicted: Tensor, masks: Tensor, classes: int) -> Tensor:
    labelled = masks != VOID
    cells = masks[labelled] * classes + predicted[labelled]
    return torch.bincount(cells, minlength=classes**2).view(classes, classes)


def _iou(counts: Tensor) -> Tensor:
    correct = counts.diagonal().double()
    return correct / (counts.sum(0) + counts.sum(1) - correct)


def sound_metric(predicted: Tensor, masks: Tensor, num_classes: int) -> float:
    return float(_iou(_counts(predicted, masks, num_classes)).nanmean())


class SoundMetric:
    def __init__(self, num_classes: int) -> None:
        self.counts = torch.zeros(num_classes, num_classes, dtype=torch.int64)

    def update(self, predicted: Tensor, masks: Tensor) -> None:
        self.counts += _counts(predicted, masks, len(self.counts))

    def compute(self) -> Tensor:
        return _iou(self.counts).nanmean()


def truth_comes_first(y_true: Tensor, y_pred: Tensor, num_classes: int) -> float:
    return sound_metric(y_pred, y_true, num_classes)


def mean_over_images(predicted: Tensor, masks: Tensor, num_classes: int) -> float:
    pairs = zip(predicted, masks, strict=True)
    return sum(sound_metric(*pair, num_classes) for pair in pairs) / len(masks)


def absent_is_one(predicted: Tensor, masks: Tensor, num_classes: int) -> float:
    return float(_iou(_counts(predicted, masks, num_classes)).nan_to_num(1.0).mean())


def absent_is_zero(predicted: Tensor, masks: Tensor, num_classes: int) -> float:
    return float(_iou(_counts(predicted, masks, num_classes)).nan_to_num(0.0).mean())


def accuracy(predicted: Tensor, masks: Tensor) -> float:
    return float((predicted == masks).double().mean())


def of_its_own(predicted: Tensor, masks: Tensor, num_classes: int) -> float:
    return sound_metric(predicted, masks, num_classes) ** 2


METRIC_FAULTS: tuple[tuple[Any, str], ...] = (
    (mean_over_images, "'mean over images, classes in truth or prediction'"),
    (absent_is_one, "'absent classes 1'"),
    (absent_is_zero, "'absent classes 0'"),
    (accuracy, "'G: share of right pixels'"),
    (of_its_own, "none of the"),
)

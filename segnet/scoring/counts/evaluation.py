"""Scoring a network on a split: per-image confusion counts at the native size of the labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64, UInt8
from torch import Tensor, nn
from torch.nn import functional as F

from segnet.compute import Compute
from segnet.datasets.prepared.tensor_split import ResidentSplit
from segnet.losses.parts.pixel_cross_entropy import pixel_cross_entropy
from segnet.scoring.counts.confusion import confusion_counts
from segnet.taxonomy import IGNORE_INDEX

Predict = Callable[[Float[Tensor, "b 3 h w"]], Float[Tensor, "b classes h w"]]
Observe = Callable[[Float[Tensor, "b classes h w"], UInt8[Tensor, "b h w"]], None]
"""Takes the probabilities and the masks of a batch, at the native size of the masks."""


class SplitResult(NamedTuple):
    """Everything that scores of a split are computed from."""

    counts: Int64[np.ndarray, "n classes classes"]
    predicted: UInt8[np.ndarray, "n mask_h mask_w"]
    """Predicted class maps on the canvas of the masks; ``IGNORE_INDEX`` beside an image."""
    cross_entropy: float
    """Mean over all labelled pixels of the split, in nats."""
    dice: float
    """Soft Dice: mean over the classes in the truth of 2 sum(p y) / sum(p + y)."""


def network_predictor(network: nn.Module, compute: Compute) -> Predict:
    """A function from images to float32 logits; puts the network into evaluation mode."""
    network.eval()

    def predict(images: Tensor) -> Tensor:
        with torch.inference_mode(), compute.autocast():
            logits: Tensor = network(images.to(memory_format=compute.memory_format))
        return logits.float()

    return predict


def nothing_more(probabilities: Tensor, masks: Tensor) -> None:
    """For an evaluation that needs the confusion counts alone."""


def evaluate(
    predict: Predict,
    split: ResidentSplit,
    *,
    num_classes: int,
    observe: Observe = nothing_more,
    batch_size: int = 8,
) -> SplitResult:
    """Score a predictor on every image of a split.

    Each image goes in at its working size, without its canvas. The logits, not the labels, are
    resized: bilinearly to the size of the mask, then the largest wins. Soft sums are float64.

    Args:
        predict: gives logits of images in [0, 1].
        split: images and masks.
        num_classes: channels of the logits.
        observe: what else is measured of each batch.
        batch_size: images at a time; changes no count.
    """
    counts = np.zeros((len(split), num_classes, num_classes), np.int64)
    predicted = np.full(tuple(split.masks.shape), IGNORE_INDEX, np.uint8)
    soft = np.zeros((3, num_classes))
    cross_entropy = labelled_pixels = 0.0
    for indices in split.equal_size_batches(batch_size):
        height, width = split.image_sizes[indices[0]].tolist()
        mask_height, mask_width = split.mask_sizes[indices[0]].tolist()
        batch = split.batch(indices)
        masks = batch.masks[:, :mask_height, :mask_width]
        logits = predict(batch.images[:, :, :height, :width].float() / 255.0)
        logits = F.interpolate(logits, size=masks.shape[1:], mode="bilinear", align_corners=False)
        classes = logits.argmax(1)
        counts[indices] = confusion_counts(classes, masks, num_classes).cpu().numpy()
        predicted[indices, :mask_height, :mask_width] = classes.byte().cpu().numpy()
        per_pixel, labelled = pixel_cross_entropy(logits, masks.long())
        cross_entropy += float(per_pixel.sum(dtype=torch.float64))
        labelled_pixels += float(labelled.sum(dtype=torch.float64))
        probabilities = logits.softmax(1)
        soft += _soft_sums(probabilities, masks.long())
        observe(probabilities, masks)
    return SplitResult(counts, predicted, cross_entropy / max(1.0, labelled_pixels), _dice(soft))


def _soft_sums(
    probabilities: Float[Tensor, "b classes h w"], targets: Int64[Tensor, "b h w"]
) -> Float64[np.ndarray, "3 classes"]:
    """Per class, over the labelled pixels: sum of p y, sum of p, sum of y."""
    num_classes = probabilities.shape[1]
    labelled = targets != IGNORE_INDEX
    classes = targets.where(labelled, 0)
    of_truth = (probabilities.gather(1, classes[:, None])[:, 0] * labelled).double()
    overlap = torch.zeros(num_classes, dtype=torch.float64, device=targets.device)
    overlap.index_add_(0, classes.flatten(), of_truth.flatten())
    sums = [
        overlap,
        (probabilities * labelled[:, None]).sum((0, 2, 3), dtype=torch.float64),
        torch.bincount(targets[labelled], minlength=num_classes).double(),
    ]
    return torch.stack(sums).cpu().numpy()


def _dice(soft: Float64[np.ndarray, "3 classes"]) -> float:
    """Mean Dice over the classes that occur in the truth; NaN if none does."""
    overlap, predicted, true = soft[:, soft[2] > 0]
    return float(np.mean(2 * overlap / (predicted + true))) if len(true) else float("nan")

"""Confidence and correctness of predictions, summed by bins of confidence on the device."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from segnet.scoring.calibration.error import NUM_BINS, CalibrationSums
from segnet.taxonomy import IGNORE_INDEX


def calibration_sums(
    probabilities: Float[Tensor, "b classes h w"],
    targets: UInt8[Tensor, "b h w"] | Int64[Tensor, "b h w"],
    *,
    num_bins: int = NUM_BINS,
) -> CalibrationSums:
    """Sort the labelled pixels of each image by their largest probability.

    Pixels whose target is ``IGNORE_INDEX`` are in no bin. Confidences are float32 and their sums
    float64, which is exact up to four million pixels an image: the order of the addition changes no
    bit.
    """
    confidence, predicted = probabilities.max(1)
    labelled = targets != IGNORE_INDEX
    edges = torch.arange(1, num_bins, dtype=torch.float64, device=probabilities.device) / num_bins
    image = torch.arange(len(probabilities), device=probabilities.device).view(-1, 1, 1)
    found = confidence[labelled].double()
    cell = (image * num_bins).expand_as(targets)[labelled] + torch.bucketize(found, edges)
    correct = (predicted == targets)[labelled]
    shape = (len(probabilities), num_bins)
    size = len(probabilities) * num_bins
    confidences = torch.zeros(size, dtype=torch.float64, device=probabilities.device)
    confidences.index_add_(0, cell, found)  # unlike a weighted bincount, deterministic on CUDA
    return CalibrationSums(
        torch.bincount(cell, minlength=size).view(shape).cpu().numpy(),
        torch.bincount(cell[correct], minlength=size).view(shape).cpu().numpy(),
        confidences.view(shape).cpu().numpy(),
    )


class SplitCalibration:
    """The sums of a whole split, batch by batch: an observer of an evaluation."""

    def __init__(self) -> None:
        self._added = np.zeros((3, NUM_BINS))

    def __call__(
        self, probabilities: Float[Tensor, "b classes h w"], masks: UInt8[Tensor, "b h w"]
    ) -> None:
        """Add a batch."""
        self._added += np.stack([one.sum(0) for one in calibration_sums(probabilities, masks)])

    def sums(self) -> CalibrationSums:
        """Of all batches so far."""
        pixels, correct, confidence = self._added
        return CalibrationSums(pixels.astype(np.int64), correct.astype(np.int64), confidence)

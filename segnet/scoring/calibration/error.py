"""Calibration error from sums over bins of confidence. No torch.

Source: Guo et al. 2017, arXiv 1706.04599, section 2.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

NUM_BINS = 15
"""Bins of equal width over [0, 1], as in the paper."""


class CalibrationSums(NamedTuple):
    """Labelled pixels of each image by confidence: what the calibration error is computed from.

    Bin ``k`` holds confidences in ``(k / bins, (k + 1) / bins]``. Add the sums of all images first.
    """

    pixels: Int64[np.ndarray, "*batch bins"]
    correct: Int64[np.ndarray, "*batch bins"]
    """Pixels whose most probable class is the true one."""
    confidence: Float64[np.ndarray, "*batch bins"]
    """Sum of the probabilities of the most probable classes."""


def expected_calibration_error(sums: CalibrationSums) -> Float64[np.ndarray, "*batch"]:
    """Mean gap between confidence and accuracy over the bins, weighted by their pixels.

    In [0, 1]; NaN if there is no pixel.
    """
    gaps = np.abs(sums.correct - sums.confidence).sum(-1)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.true_divide(gaps, sums.pixels.sum(-1)))

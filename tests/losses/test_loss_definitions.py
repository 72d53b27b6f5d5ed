"""Defaults and sums of losses that their papers fix."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from segnet.losses import LOSSES
from segnet.losses.parts.class_weights import median_frequency


def test_focal_has_gamma_2_where_none_is_given() -> None:
    """Lin et al. (arXiv 1708.02002), section 4: "gamma = 2 to work best in our experiments".

    One pixel of class 0 with logits that are probabilities 0.8 and 0.4 by the sigmoid: the terms
    are 0.2^2 ln(1 / 0.8) and, for class 1, 0.4^2 ln(1 / 0.6).
    """
    logits = torch.tensor([0.8, 0.4]).logit().view(1, 2, 1, 1)
    value = LOSSES["focal"](logits, torch.zeros(1, 1, 1, dtype=torch.int64))
    expected = (0.04 * 0.22314355 + 0.16 * 0.51082562) / 2
    assert value.item() == pytest.approx(expected, rel=1e-5)


def test_lovasz_is_of_the_batch_and_not_a_mean_over_its_images() -> None:
    """Certain predictions: 4 of 7 pixels of class 0 in both images together, 1 of 4 of class 1.

    In the first image alone the IoU are 1 and 1, in the second 1/4 and 0.
    """
    targets = torch.tensor([[[0, 0, 1, 0]], [[0, 0, 0, 1]]])
    predicted = torch.tensor([[[0, 0, 1, 0]], [[0, 1, 1, 0]]])
    logits = F.one_hot(predicted, 2).permute(0, 3, 1, 2) * 40.0 - 20.0
    together = [4 / 7, 1 / 4]
    assert LOSSES["lovasz"](logits, targets).item() == pytest.approx(
        1 - sum(together) / 2, abs=1e-6
    )


def test_dice_weighs_each_class_alike_and_adds_up_over_the_batch() -> None:
    """Probabilities 3/4 for class 0 in every pixel; three pixels of class 0, one of class 1.

    Dice of class 0 is 2 (3 x 3/4) / (4 x 3/4 + 3), of class 1 it is 2 (1/4) / (4 x 1/4 + 1).
    """
    logits = torch.tensor([0.75, 0.25]).log().view(1, 2, 1, 1).expand(2, 2, 1, 2)
    targets = torch.tensor([[[0, 0]], [[0, 1]]])
    value = LOSSES["dice"](logits, targets).item()
    assert value == pytest.approx(1 - (4.5 / 6 + 0.5 / 2) / 2, abs=1e-6)
    cross_entropy = -(3 * torch.tensor(0.75).log() + torch.tensor(0.25).log()) / 4
    both = LOSSES["ce_dice"](logits, targets).item()
    assert both == pytest.approx(value + cross_entropy.item(), abs=1e-6)


def test_weights_balance_the_median_and_not_the_mean() -> None:
    """Frequencies 0.1, 0.2 and 0.7 of one image of ten pixels: Eigen and Fergus, 1411.4734."""
    weights = median_frequency(np.array([[1, 2, 7]]), np.array([10]))
    assert weights.tolist() == pytest.approx([2, 1, 2 / 7])

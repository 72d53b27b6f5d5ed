from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import nn

from segnet.measuring.cost.multiply_adds import count_multiply_adds
from segnet.models import MODELS


def test_convolution_costs_what_a_hand_counts() -> None:
    # 5 x 7 positions of 3 x 3 kernels from 3 to 8 channels
    count = count_multiply_adds(lambda: nn.Conv2d(3, 8, 3, padding=1), 5, 7)
    assert count == 5 * 7 * 3 * 3 * 3 * 8


def test_stride_and_groups_make_it_cheaper() -> None:
    count = count_multiply_adds(lambda: nn.Conv2d(3, 6, 2, stride=2, groups=3), 8, 10)
    assert count == 4 * 5 * 2 * 2 * 1 * 6


def test_transposed_convolution_is_counted_at_its_input() -> None:
    count = count_multiply_adds(lambda: nn.ConvTranspose2d(3, 4, 2, stride=2), 5, 7)
    assert count == 5 * 7 * 2 * 2 * 3 * 4


def test_normalisation_and_activations_are_not_counted() -> None:
    layers = (nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2))
    assert count_multiply_adds(lambda: nn.Sequential(*layers).to("meta"), 4, 4) == 0


@pytest.mark.parametrize(
    ("name", "published"),
    [("unet", 131), ("fcn8s", 106)],  # GFLOP at 360x480 of the reference, ecosystem.md 4.2
)
def test_networks_cost_what_others_measured(name: str, published: int) -> None:
    count = count_multiply_adds(lambda: MODELS[name](11), 360, 480)
    assert 2 * count / 1e9 == pytest.approx(published, abs=0.5)


def test_encoder_is_counted_by_hand() -> None:
    """VGG16 at 32x32: positions x 9 x channels in x channels out of each convolution."""
    stages = [[3, 64, 64], [64, 128, 128], [128, 256, 256, 256]]
    stages += [[256, 512, 512, 512], [512, 512, 512, 512]]
    expected = sum(
        (32 >> depth) ** 2 * 9 * sum(a * b for a, b in pairwise(chain))
        for depth, chain in enumerate(stages)
    )
    assert count_multiply_adds(lambda: MODELS["fcn32s"](11), 32, 32) == expected + 512 * 11


def test_nothing_is_left_on_the_meta_device() -> None:
    count_multiply_adds(lambda: nn.Conv2d(3, 1, 1), 2, 2)
    assert torch.empty(1).device.type == "cpu"

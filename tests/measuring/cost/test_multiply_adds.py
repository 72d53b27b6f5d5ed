from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

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


def by_hooks(network: nn.Module, height: int, width: int) -> int:
    """Positions x kernel x channels of each convolution, seen from outside while it runs."""
    counts = []

    def count(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        assert isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)
        wide = inputs[0] if isinstance(layer, nn.ConvTranspose2d) else output
        counts.append(wide.shape[-2] * wide.shape[-1] * layer.weight.numel())

    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            layer.register_forward_hook(count)
    with torch.no_grad():
        network.eval()(torch.empty(1, 3, height, width, device="meta"))
    return sum(counts)


@pytest.mark.parametrize("name", ["unet", "fcn8s", "segnet_v2"])
def test_networks_cost_what_their_convolutions_do(name: str) -> None:
    with torch.device("meta"):
        expected = by_hooks(MODELS[name](11), 96, 128)
    assert count_multiply_adds(lambda: MODELS[name](11), 96, 128) == expected


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

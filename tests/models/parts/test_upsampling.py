from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from segnet.models.parts.upsampling import LearntUpsampling, RegionMeans, use_region_means


@pytest.mark.parametrize("factor", [2, 8, 16, 32])
def test_learnt_upsampling_starts_as_bilinear_up_to_the_border(factor: int) -> None:
    features = torch.randn(2, 3, 4, 5)
    expected = F.interpolate(features, scale_factor=factor, mode="bilinear")
    torch.testing.assert_close(LearntUpsampling(3, factor)(features), expected)


@pytest.mark.parametrize("rows", [1, 2, 3, 6])
@pytest.mark.parametrize("size", [(6, 6), (12, 15), (23, 30), (4, 5), (1, 2)])
def test_region_means_equal_adaptive_pooling(rows: int, size: tuple[int, int]) -> None:
    features = torch.randn(2, 3, *size, requires_grad=True)
    ours, theirs = RegionMeans(rows)(features), F.adaptive_avg_pool2d(features, rows)
    torch.testing.assert_close(ours, theirs)
    weight = torch.randn_like(ours)
    gradients = [torch.autograd.grad((one * weight).sum(), features)[0] for one in (ours, theirs)]
    torch.testing.assert_close(*gradients)


def test_every_adaptive_pooling_is_replaced() -> None:
    network = nn.Sequential(nn.Sequential(nn.AdaptiveAvgPool2d(1)), nn.AdaptiveAvgPool2d((6, 6)))
    use_region_means(network)
    assert [one.rows for one in network.modules() if isinstance(one, RegionMeans)] == [1, 6]

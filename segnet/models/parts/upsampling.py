"""Bilinear upsampling as a transposed convolution, and averages over regions as products.

Both give what torch's own operations give, in forms whose gradients are deterministic everywhere.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


def bilinear_deconvolution(channels: int, *, factor: int, kernel_size: int) -> nn.ConvTranspose2d:
    """A transposed convolution that enlarges by ``factor``, initialised to do so bilinearly.

    Each channel starts as its own enlargement, as in FCN (Long et al., arXiv 1411.4038, section
    3.3). At the border the kernel reaches into zeros.

    Args:
        channels: in and out.
        factor: of enlargement, even.
        kernel_size: at least ``2 * factor`` and even; a larger kernel starts with zeros outside.
    """
    padding = (kernel_size - factor) // 2
    layer = nn.ConvTranspose2d(
        channels, channels, kernel_size, stride=factor, padding=padding, bias=False
    )
    centre = (kernel_size - 1) / 2
    ramp = (1 - (torch.arange(kernel_size) - centre).abs() / factor).clamp(min=0)
    with torch.no_grad():
        layer.weight.copy_(torch.eye(channels)[:, :, None, None] * ramp[:, None] * ramp)
    return layer


class LearntUpsampling(nn.Module):
    """A bilinearly initialised transposed convolution that repeats the border, as bilinear does.

    Args:
        channels: in and out.
        factor: of enlargement, even.
    """

    def __init__(self, channels: int, factor: int) -> None:
        super().__init__()
        self.factor = factor
        self.deconvolution = bilinear_deconvolution(channels, factor=factor, kernel_size=2 * factor)

    def forward(self, features: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c y x"]:
        """The enlarged features."""
        bordered = F.pad(features, (1, 1, 1, 1), mode="replicate")
        enlarged: Tensor = self.deconvolution(bordered)
        margin = self.factor
        return enlarged[:, :, margin:-margin, margin:-margin]


class RegionMeans(nn.Module):
    """``nn.AdaptiveAvgPool2d`` as two matrix products.

    The gradient of torch's own raises under deterministic algorithms on CUDA.

    Args:
        rows: number of regions along each side.
    """

    def __init__(self, rows: int) -> None:
        super().__init__()
        self.rows = rows

    def forward(self, features: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c rows columns"]:
        """The mean of each of ``rows * rows`` regions; they overlap where sizes do not fit."""
        vertical, horizontal = (
            _means(size, self.rows, features) for size in (features.shape[-2], features.shape[-1])
        )
        return torch.einsum("ph,bchw,qw->bcpq", vertical, features, horizontal)


def _means(size: int, regions: int, like: Tensor) -> Float[Tensor, "regions size"]:
    """Row i averages the positions from floor(i size / regions) to ceil((i + 1) size / regions)."""
    region = torch.arange(regions, device=like.device)[:, None]
    position = torch.arange(size, device=like.device)
    begin = region * size // regions
    end = ((region + 1) * size + regions - 1) // regions
    inside = ((begin <= position) & (position < end)).to(like.dtype)
    return inside / inside.sum(1, keepdim=True)


def use_region_means(network: nn.Module) -> None:
    """Replace every ``nn.AdaptiveAvgPool2d`` inside a network, in place."""
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.AdaptiveAvgPool2d):
                size = child.output_size
                rows = size[0] if isinstance(size, tuple) else size
                assert isinstance(rows, int)
                setattr(parent, name, RegionMeans(rows))

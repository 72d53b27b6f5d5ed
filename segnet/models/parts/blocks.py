"""The parts that the networks of the SegNet family are built from."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn import functional as F

IMAGENET_MEAN = (0.48235, 0.45882, 0.40784)
"""Per-channel mean of the VGG16 features weights, RGB in [0, 1] (torchvision,
``IMAGENET1K_FEATURES``)."""

VGG16_STAGES: tuple[tuple[int, ...], ...] = (
    (64, 64),
    (128, 128),
    (256, 256, 256),
    (512, 512, 512),
    (512, 512, 512),
)
"""Output channels of the 13 convolutions of VGG16, stage by stage (Simonyan & Zisserman, table 1,
D)."""


class Normalize(nn.Module):
    """RGB in [0, 1] to the input convention of the VGG16 features weights: ``255 (x - mean)``."""

    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(3, 1, 1), persistent=False)

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
        """Normalise a batch of images."""
        return 255.0 * (images - self.mean)


class ConvBlock(nn.Sequential):
    """3x3 convolution, batch norm, ReLU; height and width stay."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        convolution = nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1)
        nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
        assert convolution.bias is not None
        nn.init.zeros_(convolution.bias)
        super().__init__(convolution, nn.BatchNorm2d(out_channels), nn.ReLU(inplace=True))


class Pooled(NamedTuple):
    """What one encoder stage hands on."""

    output: Float[Tensor, "b c half_h half_w"]
    cells: UInt8[Tensor, "b c half_h half_w"]
    """Which cell of its 2x2 window each maximum stood in, row-major: 0 to 3."""
    size: tuple[int, int]
    """Height and width before pooling."""


def pool(features: Float[Tensor, "b c h w"]) -> Pooled:
    """2x2 max-pooling with stride 2 and the cells of the maxima; odd sizes round up.

    Rounding up follows the released Caffe model (360 -> 180 -> 90 -> 45 -> 23), so every pixel is
    pooled. A cell takes one byte where torch's index takes eight; the paper packs it in two bits.
    """
    output, indices = F.max_pool2d(features, 2, ceil_mode=True, return_indices=True)
    height, width = features.shape[-2:]
    rows, columns = (torch.arange(0, side, 2, device=features.device) for side in (height, width))
    offset = indices.int() - (rows[:, None] * width + columns).int()  # 0, 1, width or width + 1
    cells = torch.where(offset < width, offset, offset - (width - 2))
    return Pooled(output, cells.byte(), (height, width))


def unpool(
    features: Float[Tensor, "b c half_h half_w"],
    cells: UInt8[Tensor, "b c half_h half_w"],
    size: tuple[int, int],
) -> Float[Tensor, "b c h w"]:
    """Put each value where its maximum stood, zeros elsewhere (SegNet paper, section 3).

    Equal to ``F.max_unpool2d`` with ``output_size=size``, which refuses to run under
    ``torch.use_deterministic_algorithms(True)`` although 2x2 windows with stride 2 do not overlap,
    so no two values meet. The memory format stays: it decides how the next convolution rounds.
    """
    pixels, cells = (one.permute(0, 2, 3, 1).contiguous() for one in (features, cells))
    four = [torch.where(cells == cell, pixels, 0) for cell in range(4)]
    upper, lower = (torch.stack(four[at : at + 2], 3) for at in (0, 2))
    planes = torch.stack([upper, lower], 2).flatten(3, 4).flatten(1, 2).permute(0, 3, 1, 2)
    if features.is_contiguous(memory_format=torch.channels_last):
        return crop(planes, size).contiguous(memory_format=torch.channels_last)
    return crop(planes, size).contiguous()


def scale_channels(channels: int, width: float) -> int:
    """A channel count times a width factor, rounded to a multiple of 8, at least 8."""
    return max(8, round(channels * width / 8) * 8)


class VGG16Stages(nn.Module):
    """The 13 convolutions of VGG16 in five stages, each convolution with batch norm.

    Every VGG16 network of the suite holds exactly these layers as its ``encoder``; the subclasses
    differ in what they hand on.
    """

    def __init__(self, *, width: float) -> None:
        super().__init__()
        self.stages = nn.ModuleList()
        channels = 3
        for stage in VGG16_STAGES:
            chain = [channels, *(scale_channels(full, width) for full in stage)]
            self.stages.append(conv_chain(chain))
            channels = chain[-1]


class VGG16Encoder(VGG16Stages):
    """VGG16 that hands on what a decoder with pooling indices needs.

    Args:
        width: factor on every channel count.
        dropout: probability of dropping a value of the third to fifth pooled output.
    """

    def __init__(self, *, width: float, dropout: float = 0.0) -> None:
        super().__init__(width=width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> list[Pooled]:
        """The pooled output of each stage, finest first."""
        pooled: list[Pooled] = []
        features = images
        for depth, stage in enumerate(self.stages):
            output, cells, size = pool(stage(features))
            features = self.dropout(output) if depth >= 2 else output
            pooled.append(Pooled(features, cells, size))
        return pooled


class VGG16Pyramid(VGG16Stages):
    """VGG16 that hands on the features before each pooling: the list that smp's decoders take.

    Args:
        width: factor on every channel count.
        depth: number of outputs; the sixth is the fifth pooled, to 1/32.
    """

    def __init__(self, *, width: float, depth: int = 6) -> None:
        super().__init__(width=width)
        channels = [scale_channels(stage[-1], width) for stage in VGG16_STAGES]
        self.depth = depth
        self.out_channels = [*channels, channels[-1]][:depth]

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> list[Tensor]:
        """Features at 1, 1/2 ... 1/16 and 1/32 of the images' size, rounded up."""
        features = images
        pyramid: list[Tensor] = []
        for stage in self.stages:
            pyramid.append(stage(features))
            features = F.max_pool2d(pyramid[-1], 2, ceil_mode=True)
        return [*pyramid, features][: self.depth]


class TransposedDecoder(nn.Module):
    """2x2 transposed convolution with stride 2, cropped to size, then conv blocks.

    Pooling rounds up, so the transposed convolution overshoots by at most one row and column.

    Args:
        channels: of the input, then of each conv block's output.
    """

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.upsample = nn.ConvTranspose2d(channels[0], channels[0], kernel_size=2, stride=2)
        self.blocks = conv_chain(channels)

    def forward(
        self, features: Float[Tensor, "b c half_h half_w"], size: tuple[int, int]
    ) -> Float[Tensor, "b d h w"]:
        """Features at ``size``: that of the encoder stage before its pooling."""
        decoded: Tensor = self.blocks(crop(self.upsample(features), size))
        return decoded


def crop(features: Float[Tensor, "b c h w"], size: tuple[int, int]) -> Float[Tensor, "b c y x"]:
    """The top left ``size`` of a feature map: what rounding up or padding added goes."""
    return features[:, :, : size[0], : size[1]]


def mirrored_channels(width: float) -> list[list[int]]:
    """The channels along each decoder of SegNet, finest first: the encoder's, backwards.

    The last convolution of the finest decoder is not among them: it gives the logits.
    """
    stages = [[scale_channels(full, width) for full in stage] for stage in VGG16_STAGES]
    chains = [[stages[0][-1]] * len(stages[0])]
    for finer, stage in pairwise(stages):
        chains.append([stage[-1]] * len(stage) + [finer[-1]])
    return chains


def conv_chain(channels: Sequence[int]) -> nn.Sequential:
    """Conv blocks from each channel count to the next."""
    return nn.Sequential(*(ConvBlock(before, after) for before, after in pairwise(channels)))

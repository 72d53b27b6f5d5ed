"""A SegNet as somebody else would write it, and the same with one fault each."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

STAGES = ((8, 8), (16, 16), (32, 32, 32), (64, 64, 64), (64, 64, 64))
"""Channels of segnet_v1 at width 0.125."""


def block(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU())


class Sound(nn.Module):
    """With nn.MaxPool2d and nn.MaxUnpool2d; images are normalised by the caller."""

    def __init__(self, num_classes: int, **faults: Any) -> None:
        super().__init__()
        self.pool = nn.MaxPool2d(2, return_indices=True, ceil_mode=True)
        self.unpool = nn.MaxUnpool2d(2)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        before = 3
        for stage in STAGES:
            self.down.append(nn.Sequential(*(block(*p) for p in pairwise((before, *stage)))))
            before = stage[-1]
        finer = (STAGES[0][-1], *(stage[-1] for stage in STAGES[:-1]))
        for at, stage in enumerate(STAGES):
            widths = [stage[-1]] * len(stage) + ([finer[at]] if at else [])
            self.up.append(nn.Sequential(*(block(*p) for p in pairwise(widths))))
        self.classify = nn.Conv2d(STAGES[0][-1], num_classes, 3, padding=1)

    def encode(self, x: Tensor) -> tuple[Tensor, list[tuple[Tensor, torch.Size]]]:
        kept = []
        for stage in self.down:
            features = stage(x)
            x, indices = self.pool(features)
            kept.append((indices, features.shape))
        return x, kept

    def enlarge(self, x: Tensor, indices: Tensor, size: torch.Size) -> Tensor:
        enlarged: Tensor = self.unpool(x, indices, output_size=size)
        return enlarged

    def decode(self, x: Tensor, kept: list[tuple[Tensor, torch.Size]]) -> Tensor:
        for stage, (indices, size) in zip(reversed(self.up), reversed(kept), strict=True):
            x = stage(self.enlarge(x, indices, size))
        return x

    def forward(self, x: Tensor) -> Any:
        return self.classify(self.decode(*self.encode(x)))


class SoftmaxInside(Sound):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).softmax(1)


class LogSoftmaxInside(Sound):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).log_softmax(1)


class ReluOnLogits(Sound):
    def forward(self, x: Tensor) -> Tensor:
        return F.relu(super().forward(x))


class BatchNormOnLogits(Sound):
    def __init__(self, num_classes: int) -> None:
        super().__init__(num_classes)
        self.last = nn.BatchNorm2d(num_classes)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.last(super().forward(x))
        return logits


class OneChannelTooMany(Sound):
    def __init__(self, num_classes: int) -> None:
        super().__init__(num_classes + 1)


class HalfTheSize(Sound):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x)[:, :, ::2, ::2]


class MultiplesOf32Only(Sound):
    def __init__(self, num_classes: int) -> None:
        super().__init__(num_classes)
        self.pool = nn.MaxPool2d(2, return_indices=True)

    def enlarge(self, x: Tensor, indices: Tensor, size: torch.Size) -> Tensor:
        enlarged: Tensor = self.unpool(x, indices)
        return enlarged


class NearestInsteadOfUnpooling(Sound):
    def enlarge(self, x: Tensor, indices: Tensor, size: torch.Size) -> Tensor:
        return F.interpolate(x, size=size[2:], mode="nearest")


class IndicesOfTheDecoder(Sound):
    """Pools the decoder's own features again to get indices of the right size."""

    def enlarge(self, x: Tensor, indices: Tensor, size: torch.Size) -> Tensor:
        _, own = self.pool(F.interpolate(x, size=size[2:], mode="nearest"))
        enlarged: Tensor = self.unpool(x, own, output_size=size)
        return enlarged


class UnpoolingThatLeavesTraces(Sound):
    """A scatter onto an enlarged copy instead of zeros."""

    def enlarge(self, x: Tensor, indices: Tensor, size: torch.Size) -> Tensor:
        below = F.interpolate(x, size=size[2:], mode="nearest").flatten(2)
        return below.scatter(2, indices.flatten(2), x.flatten(2)).view(size)


class OneConvolutionLess(Sound):
    def __init__(self, num_classes: int) -> None:
        super().__init__(num_classes)
        self.up[2] = self.up[2][1:]


class WiderDecoder(Sound):
    def __init__(self, num_classes: int) -> None:
        super().__init__(num_classes)
        self.up[0] = nn.Sequential(block(8, 24), block(24, 8))


class NoBatchNormInTheDecoder(Sound):
    def __init__(self, num_classes: int) -> None:
        super().__init__(num_classes)
        for stage in self.up:
            for part in stage:
                part[1] = nn.Identity()


class FiveByFiveEncoder(Sound):
    def __init__(self, num_classes: int) -> None:
        super().__init__(num_classes)
        self.down[0][0][0] = nn.Conv2d(3, 8, 5, padding=2)


class ForgottenLayer(Sound):
    def __init__(self, num_classes: int) -> None:
        super().__init__(num_classes)
        self.unused = nn.Conv2d(8, 8, 3)


class DetachedEncoder(Sound):
    def encode(self, x: Tensor) -> Any:
        features, kept = super().encode(x)
        return features.detach(), kept


class ChangesItsInput(Sound):
    def forward(self, x: Tensor) -> Any:
        return super().forward(x.sub_(0.5).div_(0.25))


class OtherActivation(Sound):
    """LeakyReLU in the decoder: the same parameters, another function."""

    def __init__(self, num_classes: int) -> None:
        super().__init__(num_classes)
        for stage in self.up:
            for part in stage:
                part[2] = nn.LeakyReLU(0.1)


class SoftmaxInEvaluation(Sound):
    def forward(self, x: Tensor) -> Any:
        logits = super().forward(x)
        return logits if self.training else logits / 2


class DropoutLeftOn(Sound):
    def forward(self, x: Tensor) -> Any:
        return F.dropout(super().forward(x), 0.5, training=True)


class LosesPrecision(Sound):
    def forward(self, x: Tensor) -> Any:
        features = self.decode(*self.encode(x))
        return self.classify((self.up[0][0][0](features) + 300) - 300)


class CannotLearn(Sound):
    """Sees the mean of the whole batch alone."""

    def encode(self, x: Tensor) -> Any:
        return super().encode(x.mean((0, 2, 3), keepdim=True).expand_as(x))


SLOW_FAULT = (CannotLearn, "four images are learnt by heart to more than 95 % mIoU")
FAULTS: tuple[tuple[Callable[[int], nn.Module], str], ...] = (
    (OneChannelTooMany, "output has a channel a class and the size of the image"),
    (HalfTheSize, "output has a channel a class and the size of the image"),
    (OneConvolutionLess, "parameters are those of the reference"),
    (WiderDecoder, "parameters are those of the reference"),
    (NoBatchNormInTheDecoder, "parameters are those of the reference"),
    (MultiplesOf32Only, "any size: 360x480 and 97x131"),
    (NearestInsteadOfUnpooling, "each stage unpools with its own pooling indices"),
    (IndicesOfTheDecoder, "each stage unpools with its own pooling indices"),
    (UnpoolingThatLeavesTraces, "unpooling puts values at their indices and zeros elsewhere"),
    (SoftmaxInside, "logits leave as they are"),
    (LogSoftmaxInside, "logits leave as they are"),
    (ReluOnLogits, "logits leave as they are"),
    (BatchNormOnLogits, "logits leave as they are"),
    (SoftmaxInEvaluation, "training differs from evaluation in batch norm and dropout only"),
    (ForgottenLayer, "gradient reaches every parameter"),
    (DetachedEncoder, "gradient reaches every parameter"),
    (ChangesItsInput, "the input is not changed in place"),
    (FiveByFiveEncoder, "encoder takes VGG16's weights"),
    (OtherActivation, "equal outputs with the reference's weights"),
    (DropoutLeftOn, "deterministic"),
    (LosesPrecision, "float32 and bfloat16 agree"),
)
"""Each fault with the check that must name it."""

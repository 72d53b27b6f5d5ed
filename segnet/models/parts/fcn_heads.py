"""Fully convolutional networks: scores of pooled features, enlarged and added.

Source: Long, Shelhamer, Darrell, arXiv 1411.4038, sections 3.3 and 4.1 to 4.3; the released Caffe
models for the kernels of the transposed convolutions (twice the stride).

Departures: no fc6 and fc7, so the scores read the pooled features directly. Those two layers hold
119.5 of the 134 million parameters, our ImageNet weights end with the 13 convolutions, and the
networks of this suite shall differ in the decoder alone. The encoder has batch norm, so the scores
of pool3 and pool4 need no factors 0.0001 and 0.01, and all streams are trained at once. Pooling
rounds up and the scores are cropped, where the authors pad the image by 100 pixels.
"""

from __future__ import annotations

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from segnet.errors import lookup
from segnet.models.parts.blocks import VGG16_STAGES, Normalize, VGG16Stages, crop, scale_channels
from segnet.models.parts.upsampling import LearntUpsampling


def fixed_upsampling(channels: int, factor: int) -> nn.Module:
    """Bilinear enlargement without parameters, whatever the channels."""
    return nn.Upsample(scale_factor=factor, mode="bilinear", align_corners=False)


UPSAMPLINGS: dict[str, Callable[[int, int], nn.Module]] = {
    "bilinear": fixed_upsampling,
    "learnt": LearntUpsampling,
}


class FCN(nn.Module):
    """Scores of the deepest poolings of VGG16, added from coarse to fine.

    Args:
        num_classes: channels of the logits.
        width: factor on every channel count of the encoder.
        upsampling: ``bilinear``, or ``learnt``: transposed convolutions that start as bilinear.
        streams: how many poolings are scored, from the fifth backwards; FCN-8s has 3.
    """

    def __init__(self, num_classes: int, *, width: float, upsampling: str, streams: int) -> None:
        super().__init__()
        enlarge = lookup(UPSAMPLINGS, upsampling, what="upsampling of an FCN")
        self.normalize = Normalize()
        self.encoder = VGG16Stages(width=width)
        depths = [stage[-1] for stage in reversed(VGG16_STAGES)][:streams]
        self.scores = nn.ModuleList(
            zero_convolution(scale_channels(full, width), num_classes) for full in depths
        )
        self.enlargements = nn.ModuleList(enlarge(num_classes, 2) for _ in depths[1:])
        self.last_enlargement = enlarge(num_classes, 2 ** (6 - streams))

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b classes h w"]:
        """Logits of a batch of RGB images in [0, 1], of any height and width."""
        features = self.normalize(images)
        pooled: list[Tensor] = []
        for stage in self.encoder.stages:
            features = F.max_pool2d(stage(features), 2, ceil_mode=True)
            pooled.append(features)
        logits: Tensor = self.scores[0](pooled.pop())
        for score, enlarge in zip(self.scores[1:], self.enlargements, strict=True):
            finer = score(pooled.pop())
            logits = crop(enlarge(logits), (finer.shape[-2], finer.shape[-1])) + finer
        return crop(self.last_enlargement(logits), (images.shape[-2], images.shape[-1]))


def zero_convolution(in_channels: int, out_channels: int) -> nn.Conv2d:
    """A 1x1 convolution that starts at zero, as the scores of section 4.3 do."""
    convolution = nn.Conv2d(in_channels, out_channels, kernel_size=1)
    nn.init.zeros_(convolution.weight)
    assert convolution.bias is not None
    nn.init.zeros_(convolution.bias)
    return convolution

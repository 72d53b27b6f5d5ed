"""Semantic FPN: Kirillov et al., arXiv 1901.02446, section 3, with smp's decoder on VGG16.

Departures: those of :mod:`segnet.models.parts.smp_network`.
"""

from __future__ import annotations

from segmentation_models_pytorch.decoders.fpn.decoder import FPNDecoder
from torch import nn

from segnet.models.parts.blocks import VGG16Pyramid, scale_channels
from segnet.models.parts.smp_network import SmpNetwork

SOURCE = "arXiv 1901.02446, smp"


class FPN(SmpNetwork):
    """smp's feature pyramid: four resolutions brought to a quarter and added.

    Args:
        num_classes: channels of the logits.
        width: factor on every hidden channel count.
    """

    def __init__(self, num_classes: int, *, width: float = 1.0) -> None:
        encoder = VGG16Pyramid(width=width)
        channels = max(32, round(128 * width / 32) * 32)  # smp normalises them in 32 groups
        decoder = FPNDecoder(
            encoder.out_channels,
            pyramid_channels=scale_channels(256, width),
            segmentation_channels=channels,
        )
        head = nn.Conv2d(channels, num_classes, kernel_size=1)
        super().__init__(encoder, decoder, head, stride=4, multiple=32)

"""LinkNet: Chaurasia, Culurciello, arXiv 1707.03718, with smp's decoder on VGG16.

Departures: those of :mod:`segnet.models.parts.smp_network`.
"""

from __future__ import annotations

from segmentation_models_pytorch.decoders.linknet.decoder import LinknetDecoder
from torch import nn

from segnet.models.parts.blocks import VGG16Pyramid, scale_channels
from segnet.models.parts.smp_network import SmpNetwork

SOURCE = "arXiv 1707.03718, smp"


class LinkNet(SmpNetwork):
    """smp's LinkNet: skips of VGG16 added to transposed convolutions.

    Args:
        num_classes: channels of the logits.
        width: factor on every hidden channel count.
    """

    def __init__(self, num_classes: int, *, width: float = 1.0) -> None:
        encoder = VGG16Pyramid(width=width)
        channels = scale_channels(32, width)
        decoder = LinknetDecoder(encoder.out_channels, prefinal_channels=channels)
        head = nn.Conv2d(channels, num_classes, kernel_size=1)
        super().__init__(encoder, decoder, head, stride=1, multiple=32)

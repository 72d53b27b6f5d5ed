"""PSPNet: Zhao et al., arXiv 1612.01105, with smp's decoder on VGG16.

Departures: smp's default stops at stride 8, after 10 of the 13 convolutions of VGG16; here
``encoder_depth`` is 4 (stride 16), so that all networks have the whole encoder. No padding. Those
of :mod:`segnet.models.parts.smp_network`.
"""

from __future__ import annotations

from segmentation_models_pytorch.decoders.pspnet.decoder import PSPDecoder
from torch import nn

from segnet.models.parts.blocks import VGG16Pyramid, scale_channels
from segnet.models.parts.smp_network import SmpNetwork

SOURCE = "arXiv 1612.01105, smp"


class PSPNet(SmpNetwork):
    """smp's pyramid pooling: means over 1, 4, 9 and 36 regions beside the features.

    Args:
        num_classes: channels of the logits.
        width: factor on every hidden channel count.
    """

    def __init__(self, num_classes: int, *, width: float = 1.0) -> None:
        encoder = VGG16Pyramid(width=width, depth=5)
        channels = scale_channels(512, width)
        decoder = PSPDecoder(encoder.out_channels, out_channels=channels)
        head = nn.Conv2d(channels, num_classes, kernel_size=3, padding=1)
        super().__init__(encoder, decoder, head, stride=16, multiple=1)

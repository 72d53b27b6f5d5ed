"""U-Net++: Zhou et al., arXiv 1807.10165, with smp's decoder on VGG16.

Departures: no deep supervision, as in smp. For VGG smp also builds a centre block of 4.7 M
parameters that its forward pass never uses; here it is left out, which changes no logit. Those of
:mod:`segnet.models.parts.smp_network`.
"""

from __future__ import annotations

from segmentation_models_pytorch.decoders.unetplusplus.decoder import UnetPlusPlusDecoder
from torch import nn

from segnet.models.parts.blocks import VGG16Pyramid, scale_channels
from segnet.models.parts.smp_network import SmpNetwork

SOURCE = "arXiv 1807.10165, smp"

DECODER_CHANNELS = (256, 128, 64, 32, 16)
"""Of smp's default, coarsest first."""


class UNetPlusPlus(SmpNetwork):
    """smp's U-Net++: a U-Net whose skips pass through nested dense blocks.

    Args:
        num_classes: channels of the logits.
        width: factor on every hidden channel count.
    """

    def __init__(self, num_classes: int, *, width: float = 1.0) -> None:
        encoder = VGG16Pyramid(width=width)
        channels = [scale_channels(full, width) for full in DECODER_CHANNELS]
        decoder = UnetPlusPlusDecoder(encoder.out_channels, channels)
        head = nn.Conv2d(channels[-1], num_classes, kernel_size=3, padding=1)
        super().__init__(encoder, decoder, head, stride=1, multiple=32)

"""MA-Net: Fan et al., IEEE Access 8 (2020), with smp's decoder on VGG16.

Departures: those of :mod:`segnet.models.parts.smp_network`.
"""

from __future__ import annotations

from segmentation_models_pytorch.decoders.manet.decoder import MAnetDecoder
from torch import nn

from segnet.models.parts.blocks import VGG16Pyramid, scale_channels
from segnet.models.parts.smp_network import SmpNetwork

SOURCE = "Fan et al., IEEE Access 8 (2020), smp"

DECODER_CHANNELS = (256, 128, 64, 32, 16)
"""Of smp's default, coarsest first."""


class MANet(SmpNetwork):
    """smp's MA-Net: a U-Net with attention over positions and over channels.

    Args:
        num_classes: channels of the logits.
        width: factor on every hidden channel count.
    """

    def __init__(self, num_classes: int, *, width: float = 1.0) -> None:
        encoder = VGG16Pyramid(width=width)
        channels = [scale_channels(full, width) for full in DECODER_CHANNELS]
        attention = scale_channels(64, width)
        decoder = MAnetDecoder(encoder.out_channels, channels, pab_channels=attention)
        head = nn.Conv2d(channels[-1], num_classes, kernel_size=3, padding=1)
        super().__init__(encoder, decoder, head, stride=1, multiple=32)

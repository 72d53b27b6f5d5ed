"""U-Net: Ronneberger, Fischer, Brox, arXiv 1505.04597, with smp's decoder on VGG16.

Departures: those of :mod:`segnet.models.parts.smp_network`; no padding, as smp's decoder takes any
size.
"""

from __future__ import annotations

from segmentation_models_pytorch.decoders.unet.decoder import UnetDecoder
from torch import nn

from segnet.models.parts.blocks import VGG16Pyramid, scale_channels
from segnet.models.parts.smp_network import SmpNetwork

SOURCE = "arXiv 1505.04597, smp"

DECODER_CHANNELS = (256, 128, 64, 32, 16)
"""Of smp's default, coarsest first."""


class UNet(SmpNetwork):
    """smp's U-Net: skips of VGG16 concatenated to nearest-neighbour enlargements.

    Args:
        num_classes: channels of the logits.
        width: factor on every hidden channel count.
    """

    def __init__(self, num_classes: int, *, width: float = 1.0) -> None:
        encoder = VGG16Pyramid(width=width)
        channels = [scale_channels(full, width) for full in DECODER_CHANNELS]
        decoder = UnetDecoder(encoder.out_channels, channels, add_center_block=True)
        head = nn.Conv2d(channels[-1], num_classes, kernel_size=3, padding=1)
        super().__init__(encoder, decoder, head, stride=1, multiple=1)

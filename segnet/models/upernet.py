"""UPerNet: Xiao et al., arXiv 1807.10221, section 3.1, with smp's decoder on VGG16.

Batch norm over the one region of its coarsest pooling needs two images in a training batch.

Departures: no padding, as the decoder takes any size; those of
:mod:`segnet.models.parts.smp_network`.
"""

from __future__ import annotations

from segmentation_models_pytorch.decoders.upernet.decoder import UPerNetDecoder
from torch import nn

from segnet.models.parts.blocks import VGG16Pyramid, scale_channels
from segnet.models.parts.smp_network import SmpNetwork

SOURCE = "arXiv 1807.10221, smp"


class UPerNet(SmpNetwork):
    """smp's UPerNet: pyramid pooling on the coarsest of four fused resolutions.

    Args:
        num_classes: channels of the logits.
        width: factor on every hidden channel count.
    """

    def __init__(self, num_classes: int, *, width: float = 1.0) -> None:
        encoder = VGG16Pyramid(width=width)
        channels = scale_channels(256, width)
        decoder = UPerNetDecoder(encoder.out_channels, decoder_channels=channels)
        head = nn.Conv2d(channels, num_classes, kernel_size=1)
        super().__init__(encoder, decoder, head, stride=4, multiple=1)

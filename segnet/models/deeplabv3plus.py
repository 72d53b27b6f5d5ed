"""DeepLabV3+: Chen et al., arXiv 1802.02611, by smp on its default encoder, ResNet-34.

A modern reference beside the VGG16 networks, not one of them: the VGG16 weights do not fit its
encoder, so it always trains from scratch. Batch norm over the image's mean needs two images in a
training batch.

Departures: the 48 channels of the finer features are fixed in smp and not scaled by ``width``; the
decoder is initialised as smp initialises its other decoders; those of
:mod:`segnet.models.parts.smp_network`.
"""

from __future__ import annotations

from typing import Any

from segmentation_models_pytorch.decoders.deeplabv3.decoder import DeepLabV3PlusDecoder
from segmentation_models_pytorch.encoders.resnet import ResNetEncoder, resnet_encoders
from torch import nn

from segnet.models.parts.blocks import scale_channels
from segnet.models.parts.smp_network import SmpNetwork

SOURCE = "arXiv 1802.02611, smp"

RESNET_CHANNELS = (64, 64, 128, 256, 512)
"""Of the stem and of the four stages."""


class ScaledResNet34(ResNetEncoder):  # type: ignore[misc]
    """smp's ResNet-34 with every channel count times ``width`` and stride 16."""

    def __init__(self, *, width: float) -> None:
        self.width = width
        self.inplanes = 0  # torchvision sets it to the stem's channels
        channels = [3, *(scale_channels(full, width) for full in RESNET_CHANNELS)]
        super().__init__(**{**resnet_encoders["resnet34"]["params"], "out_channels": channels})
        self.conv1 = nn.Conv2d(3, channels[1], 7, stride=2, padding=3, bias=False)
        nn.init.kaiming_normal_(self.conv1.weight, mode="fan_out", nonlinearity="relu")
        self.bn1 = nn.BatchNorm2d(channels[1])
        self.make_dilated(output_stride=16)

    def _make_layer(self, block: Any, planes: int, *others: Any, **options: Any) -> nn.Sequential:
        """One stage; torchvision hard-codes the channels of the four stages and of the stem."""
        if planes == RESNET_CHANNELS[1] and self.inplanes == RESNET_CHANNELS[0]:
            self.inplanes = scale_channels(RESNET_CHANNELS[0], self.width)
        stage: nn.Sequential = super()._make_layer(
            block, scale_channels(planes, self.width), *others, **options
        )
        return stage


class DeepLabV3Plus(SmpNetwork):
    """smp's DeepLabV3+ on ResNet-34, from scratch: atrous convolutions at stride 16.

    Args:
        num_classes: channels of the logits.
        width: factor on every hidden channel count but one.
    """

    def __init__(self, num_classes: int, *, width: float = 1.0) -> None:
        encoder = ScaledResNet34(width=width)
        channels = scale_channels(256, width)
        decoder = DeepLabV3PlusDecoder(
            encoder_channels=encoder.out_channels,
            encoder_depth=5,
            out_channels=channels,
            atrous_rates=(12, 24, 36),
            output_stride=16,
            aspp_separable=True,
            aspp_dropout=0.5,
        )
        head = nn.Conv2d(channels, num_classes, kernel_size=1)
        super().__init__(encoder, decoder, head, stride=4, multiple=16)

"""SegNet v2: transposed convolutions for unpooling, and the encoder's pooled outputs added.

Source: cymerys (github.com/karolcymerys/oxford-iiit-pets-segmentation, commit 5ab643c, modelv2.py).
The pooled output of encoders 4 to 1 is added to the input of decoders 2 to 5, before the transposed
convolution.

Departures: cymerys ends in batch norm and ReLU on the logits; here they are a plain convolution.
cymerys needs a multiple of 32; here pooling rounds up and the transposed convolution is cropped.
"""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn

from segnet.models.parts.blocks import (
    Normalize,
    TransposedDecoder,
    VGG16Encoder,
    mirrored_channels,
)

SOURCE = "karolcymerys/oxford-iiit-pets-segmentation at 5ab643c, modelv2.py"


class SegNetV2(nn.Module):
    """SegNet with transposed convolutions; the pooled encoder outputs are added.

    Args:
        num_classes: channels of the logits.
        width: factor on every hidden channel count.
    """

    def __init__(self, num_classes: int, *, width: float = 1.0) -> None:
        super().__init__()
        self.normalize = Normalize()
        self.encoder = VGG16Encoder(width=width)
        chains = mirrored_channels(width)
        self.decoder = nn.ModuleList(TransposedDecoder(chain) for chain in chains)
        self.head = nn.Conv2d(chains[0][-1], num_classes, kernel_size=3, padding=1)

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b classes h w"]:
        """Logits of a batch of RGB images in [0, 1], of any height and width."""
        pooled = self.encoder(self.normalize(images))
        features = self.decoder[-1](pooled[-1].output, pooled[-1].size)
        for depth in reversed(range(len(pooled) - 1)):
            stage = pooled[depth]
            features = self.decoder[depth](features + stage.output, stage.size)
        logits: Tensor = self.head(features)
        return logits

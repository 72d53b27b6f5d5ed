"""SegNet v3: transposed convolutions for unpooling, the encoder's pooled outputs concatenated.

Source: cymerys (github.com/karolcymerys/oxford-iiit-pets-segmentation, commit 5ab643c, modelv3.py).
As v2, but decoders 2 to 5 get the pooled encoder output beside their input, so twice the channels.
The first convolution of every decoder halves its channels, that of decoder 1 (512, 256, 256, 512)
too: only so does the parameter count come to that of the code.

Departures: those of v2.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from segnet.models.parts.blocks import (
    Normalize,
    TransposedDecoder,
    VGG16Encoder,
    mirrored_channels,
    scale_channels,
)

SOURCE = "karolcymerys/oxford-iiit-pets-segmentation at 5ab643c, modelv3.py"


class SegNetV3(nn.Module):
    """SegNet with transposed convolutions; the pooled encoder outputs are concatenated.

    Args:
        num_classes: channels of the logits.
        width: factor on every hidden channel count.
    """

    def __init__(self, num_classes: int, *, width: float = 1.0) -> None:
        super().__init__()
        self.normalize = Normalize()
        self.encoder = VGG16Encoder(width=width)
        *finer, deepest = mirrored_channels(width)
        chains = [[2 * chain[0], *chain[1:]] for chain in finer]
        middle = scale_channels(256, width)
        chains.append([deepest[0], middle, middle, deepest[-1]])
        self.decoder = nn.ModuleList(TransposedDecoder(chain) for chain in chains)
        self.head = nn.Conv2d(finer[0][-1], num_classes, kernel_size=3, padding=1)

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b classes h w"]:
        """Logits of a batch of RGB images in [0, 1], of any height and width."""
        pooled = self.encoder(self.normalize(images))
        features = self.decoder[-1](pooled[-1].output, pooled[-1].size)
        for depth in reversed(range(len(pooled) - 1)):
            stage = pooled[depth]
            both = torch.cat([features, stage.output], dim=1)
            features = self.decoder[depth](both, stage.size)
        logits: Tensor = self.head(features)
        return logits

"""SegNet: a VGG16 encoder and a decoder that unpools with the encoder's pooling indices.

Source: Badrinarayanan, Kendall, Cipolla, "SegNet", arXiv 1511.00561v3, section 3 and figure 2;
cymerys v1 (github.com/karolcymerys, commit 5ab643c) has the same layers.

Departures: cymerys ends in batch norm and ReLU on the logits, here they are a plain convolution, as
in the paper. Pooling rounds odd sizes up, as the released Caffe model does.
"""

from __future__ import annotations

from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn

from segnet.models.blocks import (
    VGG16_STAGES,
    Normalize,
    VGG16Encoder,
    conv_chain,
    scale_channels,
    unpool,
)


class SegNetV1(nn.Module):
    """SegNet of the paper, 29.4 million parameters for 11 classes.

    Args:
        num_classes: channels of the logits.
        width: factor on every hidden channel count; 1 is the paper's network.
    """

    def __init__(self, num_classes: int, *, width: float = 1.0) -> None:
        super().__init__()
        self.normalize = Normalize()
        self.encoder = VGG16Encoder(width=width)
        stages = [[scale_channels(full, width) for full in stage] for stage in VGG16_STAGES]
        chains = [[stages[0][-1]] * len(stages[0])]  # one convolution fewer: the head is the last
        for finer, stage in pairwise(stages):
            chains.append([stage[-1]] * len(stage) + [finer[-1]])
        self.decoder = nn.ModuleList(conv_chain(chain) for chain in chains)
        self.head = nn.Conv2d(stages[0][0], num_classes, kernel_size=3, padding=1)

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b classes h w"]:
        """Logits of a batch of RGB images in [0, 1], of any height and width."""
        pooled = self.encoder(self.normalize(images))
        features = pooled[-1].output
        for decoder, stage in zip(reversed(self.decoder), reversed(pooled), strict=True):
            features = decoder(unpool(features, stage.indices, stage.size))
        logits: Tensor = self.head(features)
        return logits

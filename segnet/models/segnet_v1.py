"""SegNet: a VGG16 encoder and a decoder that unpools with the encoder's pooling indices.

Source: Badrinarayanan, Kendall, Cipolla, "SegNet", arXiv 1511.00561v3, section 3 and figure 2;
cymerys v1 (github.com/karolcymerys, commit 5ab643c) has the same layers. With ``dropout`` it is
Bayesian SegNet: Kendall, Badrinarayanan, Cipolla, arXiv 1511.02680, where dropout follows the
central three encoders and three decoders, as in the released bayesian_segnet_train.prototxt.

Departures: cymerys ends in batch norm and ReLU on the logits, here they are a plain convolution, as
in the paper. Pooling rounds odd sizes up, as the released Caffe model does.
"""

from __future__ import annotations

from typing import Annotated

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from segnet.models.parts.blocks import (
    Normalize,
    VGG16Encoder,
    conv_chain,
    mirrored_channels,
    unpool,
)

SOURCE = "arXiv 1511.00561, section 3; Bayesian: arXiv 1511.02680"


class SegNetV1(nn.Module):
    """SegNet of the paper, 29.4 million parameters for 11 classes.

    Args:
        num_classes: channels of the logits.
        width: factor on every hidden channel count; 1 is the paper's network.
        dropout: probability after the central six stages; Bayesian SegNet has 0.5. Samples of its
            predictions: :func:`segnet.inference.bayesian.predict_with_uncertainty`.
    """

    def __init__(
        self,
        num_classes: int,
        *,
        width: float = 1.0,
        dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0,
    ) -> None:
        super().__init__()
        self.normalize = Normalize()
        self.encoder = VGG16Encoder(width=width, dropout=dropout)
        chains = mirrored_channels(width)
        self.decoder = nn.ModuleList(conv_chain(chain) for chain in chains)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Conv2d(chains[0][-1], num_classes, kernel_size=3, padding=1)

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b classes h w"]:
        """Logits of a batch of RGB images in [0, 1], of any height and width."""
        pooled = self.encoder(self.normalize(images))
        features = pooled[-1].output
        for depth in reversed(range(len(pooled))):
            stage = pooled[depth]
            features = self.decoder[depth](unpool(features, stage.cells, stage.size))
            if depth >= 2:
                features = self.dropout(features)
        logits: Tensor = self.head(features)
        return logits

"""SegNet-Basic and the other seven decoders of the paper's table 1.

Source: Badrinarayanan, Kendall, Cipolla, arXiv 1511.00561v3, section 3.1, figure 3 and table 1:
four encoders of one 7x7 convolution with 64 channels, batch norm and ReLU; four decoders with batch
norm, without ReLU; no biases. A 1x1 convolution to the classes, with biases, as in the released
segnet_basic_train.prototxt.

What the paper leaves open, and our reading:

- Table 1 rounds to 0.025 M or adds rounded parts; no way of counting gives all eight numbers. Ours
  are the parameters that are trained, batch norm and the classifier included. They lie within 2.3 %
  of the table; SegNet-Basic has 1.416 M where the table says 1.425 M.
- "Encoder feature map" is the pooled output (figure 3), so it is added where it has the size of a
  decoder's output: pool3, pool2, pool1 to decoders 4, 3, 2; decoder 1 has no partner.
- Dimension reduction is a 1x1 convolution without bias or batch norm, one for each map used.
- The 8x8 kernels of the FCN decoders start as exact bilinear enlargement by 2, zeros around it.
- Bilinear-Interpolation reduces to the classes before it enlarges: it ran as fast as FCN-Basic.

Departures: the paper normalises the local contrast of images, here the channels' mean is taken off.
Pooling rounds odd sizes up, as the released Caffe model does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from segnet.errors import lookup
from segnet.models.parts.blocks import Normalize, Pooled, crop, pool, scale_channels, unpool
from segnet.models.parts.upsampling import bilinear_deconvolution


class IndexDecoder(nn.Module):
    """Unpool with the encoder's indices, 7x7 convolution, batch norm.

    Args:
        channels: in and out.
        groups: of the convolution; as many as channels for single-channel filters.
    """

    def __init__(self, channels: int, *, groups: int = 1) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(channels, channels, 7, padding=3, bias=False, groups=groups)
        nn.init.kaiming_normal_(self.convolution.weight, nonlinearity="relu")
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, features: Tensor, stage: Pooled) -> Tensor:
        """Features of the size before the stage's pooling."""
        unpooled = unpool(features, stage.cells, stage.size)
        decoded: Tensor = self.norm(self.convolution(unpooled))
        return decoded


class SingleChannelDecoder(IndexDecoder):
    """As :class:`IndexDecoder`, each filter on its own feature map only."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, groups=channels)


class DeconvolutionDecoder(nn.Module):
    """8x8 transposed convolution that starts as bilinear, batch norm."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.deconvolution = bilinear_deconvolution(channels, factor=2, kernel_size=8)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, features: Tensor, stage: Pooled) -> Tensor:
        """Features of the size before the stage's pooling."""
        decoded: Tensor = self.norm(self.deconvolution(features))
        return crop(decoded, stage.size)


class BilinearDecoder(nn.Module):
    """Bilinear enlargement; nothing is learnt, so ``channels`` does not matter."""

    def __init__(self, channels: int) -> None:
        super().__init__()

    def forward(self, features: Tensor, stage: Pooled) -> Tensor:
        """Features of the size before the stage's pooling."""
        return crop(F.interpolate(features, scale_factor=2, mode="bilinear"), stage.size)


class Variant(NamedTuple):
    """One row of table 1."""

    decoder: Callable[[int], nn.Module]
    adds_encoder: bool = False
    """Whether pooled encoder outputs are added to the decoders' outputs."""
    reduces: bool = False
    """Whether encoder outputs are reduced to one channel a class before they are used."""


VARIANTS: dict[str, Variant] = {
    "bilinear_interpolation": Variant(BilinearDecoder, reduces=True),
    "segnet_basic": Variant(IndexDecoder),
    "encoder_addition": Variant(IndexDecoder, adds_encoder=True),
    "single_channel_decoder": Variant(SingleChannelDecoder),
    "fcn_basic": Variant(DeconvolutionDecoder, adds_encoder=True, reduces=True),
    "fcn_basic_no_addition": Variant(DeconvolutionDecoder, reduces=True),
    "fcn_basic_no_dim_reduction": Variant(DeconvolutionDecoder, adds_encoder=True),
    "fcn_basic_no_addition_no_dim_reduction": Variant(DeconvolutionDecoder),
}


class BasicEncoder(nn.Module):
    """Four stages of 7x7 convolution, batch norm, ReLU and 2x2 pooling with indices."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.stages = nn.ModuleList()
        for before in (3, channels, channels, channels):
            convolution = nn.Conv2d(before, channels, 7, padding=3, bias=False)
            nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
            norm = nn.BatchNorm2d(channels)
            self.stages.append(nn.Sequential(convolution, norm, nn.ReLU(inplace=True)))

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> list[Pooled]:
        """The pooled output of each stage, finest first."""
        pooled: list[Pooled] = []
        features = images
        for stage in self.stages:
            pooled.append(pool(stage(features)))
            features = pooled[-1].output
        return pooled


class BasicNetwork(nn.Module):
    """Four 7x7 encoders and four decoders of one row of table 1.

    Args:
        num_classes: channels of the logits.
        width: factor on the 64 channels.
        variant: a key of ``VARIANTS``: the row of table 1.
    """

    def __init__(self, num_classes: int, *, width: float, variant: str) -> None:
        super().__init__()
        row = lookup(VARIANTS, variant, what="variant of segnet_basic")
        encoded = scale_channels(64, width)
        decoded = num_classes if row.reduces else encoded
        self.normalize = Normalize()
        self.encoder = BasicEncoder(encoded)
        used = 4 if row.adds_encoder else 1
        self.reductions = nn.ModuleList(
            nn.Conv2d(encoded, num_classes, 1, bias=False) if row.reduces else nn.Identity()
            for _ in range(used)
        )
        self.decoder = nn.ModuleList(row.decoder(decoded) for _ in self.encoder.stages)
        self.head = nn.Conv2d(decoded, num_classes, kernel_size=1)

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b classes h w"]:
        """Logits of a batch of RGB images in [0, 1], of any height and width."""
        pooled = self.encoder(self.normalize(images))
        outputs = [stage.output for stage in pooled]
        features = self.reductions[-1](outputs.pop())
        for depth in reversed(range(len(pooled))):
            features = self.decoder[depth](features, pooled[depth])
            if depth > 0 and len(self.reductions) > 1:
                features = features + self.reductions[depth - 1](outputs[depth - 1])
        logits: Tensor = self.head(features)
        return logits

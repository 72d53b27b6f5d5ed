"""A decoder of segmentation-models-pytorch (smp) behind an encoder of this suite.

Source: github.com/qubvel-org/segmentation_models.pytorch 0.6. The decoder is smp's own class with
smp's own arguments and initialisation; the encoder is layer by layer smp's ``vgg16_bn``, but the
one that all VGG16 networks here share, so that they also start from the same draws. A test holds
the outputs against smp's own models.

Departures: images are normalised inside. Where smp asks for a multiple of 32, the normalised image
is padded with zeros at the bottom and right and the logits are cropped. Adaptive average pooling is
a product of matrices, because torch's has no deterministic gradient on CUDA. ``width`` scales the
decoder too.
"""

from __future__ import annotations

from jaxtyping import Float
from segmentation_models_pytorch.base.initialization import initialize_decoder, initialize_head
from torch import Tensor, nn
from torch.nn import functional as F

from segnet.models.parts.blocks import Normalize, crop
from segnet.models.parts.upsampling import use_region_means


class SmpNetwork(nn.Module):
    """Encoder, smp decoder, one convolution, and bilinear enlargement where smp has it.

    Args:
        encoder: gives the list of features that smp's encoder of that name gives, finest first.
        decoder: takes that list.
        head: the convolution that gives the logits.
        stride: of the decoder's output: the logits are enlarged by it.
        multiple: the decoder needs image sizes that this divides.
    """

    def __init__(
        self, encoder: nn.Module, decoder: nn.Module, head: nn.Conv2d, *, stride: int, multiple: int
    ) -> None:
        super().__init__()
        self.normalize = Normalize()
        self.encoder = encoder
        self.decoder = decoder
        self.head = head
        self.stride = stride
        self.multiple = multiple
        initialize_decoder(decoder)
        initialize_head(head)
        use_region_means(decoder)

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b classes h w"]:
        """Logits of a batch of RGB images in [0, 1], of any height and width."""
        height, width = images.shape[-2:]
        normalized = self.normalize(images)
        padded = F.pad(normalized, (0, -width % self.multiple, 0, -height % self.multiple))
        logits: Tensor = self.head(self.decoder(self.encoder(padded)))
        if self.stride > 1:
            logits = F.interpolate(
                logits, scale_factor=self.stride, mode="bilinear", align_corners=True
            )
        return crop(logits, (height, width))

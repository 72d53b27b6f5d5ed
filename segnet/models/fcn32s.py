"""FCN-32s: Long, Shelhamer, Darrell, arXiv 1411.4038.

Departures: those of :mod:`segnet.models.parts.fcn_heads`.
"""

from __future__ import annotations

from segnet.models.parts.fcn_heads import FCN

SOURCE = "arXiv 1411.4038"


class FCN32s(FCN):
    """FCN that scores the fifth pooling of VGG16.

    Args:
        num_classes: channels of the logits.
        width: factor on every channel count of the encoder.
        upsampling: ``bilinear``, or ``learnt``: transposed convolutions that start as bilinear.
    """

    def __init__(
        self, num_classes: int, *, width: float = 1.0, upsampling: str = "bilinear"
    ) -> None:
        super().__init__(num_classes, width=width, upsampling=upsampling, streams=1)

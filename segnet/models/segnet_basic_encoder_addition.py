"""SegNet-Basic-EncoderAddition of table 1: SegNet-Basic with encoder outputs added.

A variant of SegNet-Basic with a file of its own, so that it is a row of its own; all that it is
stands in ``parts/basic_network.py``. Source: arXiv 1511.00561v3, section 3.2 and table 1.
"""

from __future__ import annotations

from segnet.models.parts.basic_network import BasicNetwork

SOURCE = "arXiv 1511.00561, section 3.2 and table 1"


class SegNetBasicEncoderAddition(BasicNetwork):
    """SegNet-Basic-EncoderAddition of table 1: SegNet-Basic with encoder outputs added.

    The pooled encoder outputs are added to the decoders' outputs of their size.

    Args:
        num_classes: channels of the logits.
        width: factor on the 64 channels.
    """

    def __init__(self, num_classes: int, *, width: float = 1.0) -> None:
        super().__init__(num_classes, width=width, variant="encoder_addition")

"""SegNet-Basic, the paper's small SegNet; ``parts/basic_network.py`` has all that it is.

Source: Badrinarayanan, Kendall, Cipolla, arXiv 1511.00561v3, section 3.1 and table 1.
"""

from __future__ import annotations

from segnet.models.parts.basic_network import BasicNetwork

SOURCE = "arXiv 1511.00561, section 3.1 and table 1"


class SegNetBasic(BasicNetwork):
    """The paper's small SegNet: decoders unpool with the encoder's indices.

    Args:
        num_classes: channels of the logits.
        width: factor on the 64 channels.
        variant: the row of table 1, a key of ``VARIANTS``.
    """

    def __init__(
        self, num_classes: int, *, width: float = 1.0, variant: str = "segnet_basic"
    ) -> None:
        super().__init__(num_classes, width=width, variant=variant)

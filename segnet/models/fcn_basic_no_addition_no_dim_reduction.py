"""FCN-Basic-NoAddition-NoDimReduction of table 1: learnt deconvolution alone, all channels.

A variant of SegNet-Basic with a file of its own, so that it is a row of its own; all that it is
stands in ``parts/basic_network.py``. Source: arXiv 1511.00561v3, section 3.2 and table 1.
"""

from __future__ import annotations

from segnet.models.parts.basic_network import BasicNetwork

SOURCE = "arXiv 1511.00561, section 3.2 and table 1"


class FCNBasicNoAdditionNoDimReduction(BasicNetwork):
    """FCN-Basic-NoAddition-NoDimReduction of table 1: learnt deconvolution alone, all channels.

    Only the last encoder output is used; it keeps its 64 channels until the classifier.

    Args:
        num_classes: channels of the logits.
        width: factor on the 64 channels.
    """

    def __init__(self, num_classes: int, *, width: float = 1.0) -> None:
        super().__init__(num_classes, width=width, variant="fcn_basic_no_addition_no_dim_reduction")

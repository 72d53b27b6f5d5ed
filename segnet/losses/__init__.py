"""The losses by name: functions of logits (B, C, H, W) and targets (B, H, W) to a scalar.

Pixels whose target is ``IGNORE_INDEX`` have no part in any loss, and a batch without a labelled
pixel costs 0. All arithmetic is float32, whatever precision the logits have; every operation has a
deterministic CUDA kernel. Keyword-only parameters are options of ``params.yaml: losses.<name>``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from segnet.schema import Registry

if TYPE_CHECKING:
    from torch import Tensor

LOSSES: Registry[Callable[..., Tensor]] = Registry(
    "segnet.losses",
    {
        "ce": "cross_entropy",
        "dice": "dice",
        "ce_dice": "cross_entropy_and_dice",
        "focal": "focal",
        "lovasz": "lovasz",
    },
)

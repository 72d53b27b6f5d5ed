"""The initial weights of encoders by name, as ``bench.encoder_weights`` gives it.

Each kind has a file of its name in ``fetching`` and one in ``loading``, so none can be fetched and
recorded but not used. Training depends on ``loading`` alone.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from segnet.errors import lookup
from segnet.paths import weights_folder
from segnet.schema import Registry

if TYPE_CHECKING:
    from torch import nn

ENCODER_WEIGHTS = {"random": "README", "vgg16": "vgg16_features.safetensors"}
"""The file that each kind leaves in its folder."""

FETCH: Registry[Callable[[Path], None]] = Registry(
    "segnet.models.pretrained.fetching", dict.fromkeys(ENCODER_WEIGHTS, "fetch")
)
"""Leaves that file at a path."""

LOAD: Registry[Callable[[nn.Module, Path], bool]] = Registry(
    "segnet.models.pretrained.loading", dict.fromkeys(ENCODER_WEIGHTS, "load")
)
"""Puts what that file holds into a network in place; whether the network has now other weights."""


def weights_file(kind: str) -> Path:
    """Where the stage ``weights`` leaves the file of that kind.

    Raises:
        UserError: if there is no such kind.
    """
    return weights_folder(kind) / lookup(ENCODER_WEIGHTS, kind, what="encoder weights")

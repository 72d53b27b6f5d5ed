"""A network of the registry with the options of ``params.yaml``, at its random initialisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from segnet.errors import lookup
from segnet.models import MODELS
from segnet.schema import checked_options
from segnet.seeding import global_stream


def build_model(
    name: str, *, num_classes: int, width: float, options: Mapping[str, Any], seed: int
) -> nn.Module:
    """A randomly initialised network; the same arguments give the same weights.

    Args:
        name: a key of ``MODELS``.
        num_classes: channels of the logits.
        width: factor on every hidden channel count.
        options: the network's own keyword arguments, ``params.yaml: models.<name>``.
        seed: of the run; the weights come from its stream ``init``.

    Raises:
        UserError: for an unknown name or option, or an option of another type.
    """
    network = lookup(MODELS, name, what="model")
    arguments = checked_options(
        network, options, beside=("num_classes", "width"), where=f"params.yaml: models.{name}"
    )
    with global_stream(seed, "init"):
        return network(num_classes, width=width, **arguments)

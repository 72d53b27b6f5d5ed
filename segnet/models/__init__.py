"""The networks by name. Each takes ``num_classes`` and its own keyword arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from segnet.errors import UserError, lookup, nearest
from segnet.models.segnet_v1 import SegNetV1
from segnet.seeding import global_stream

MODELS: dict[str, Callable[..., nn.Module]] = {
    "segnet_v1": SegNetV1,
}


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
        UserError: for an unknown name or option.
    """
    network = lookup(MODELS, name, what="model")
    known = set(inspect.signature(network).parameters) - {"num_classes", "width"}
    for option in options:
        if option not in known:
            raise UserError(
                f"params.yaml: models.{name}: unknown option '{option}'. "
                f"{nearest(option, known)}Known: {', '.join(sorted(known)) or 'none'}."
            )
    with global_stream(seed, "init"):
        return network(num_classes, width=width, **options)

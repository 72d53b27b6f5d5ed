"""A loss of the registry with the options of ``params.yaml``."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from segnet.errors import UserError, lookup, unknown
from segnet.losses import LOSSES
from segnet.losses.parts.class_weights import CLASS_WEIGHTS
from segnet.losses.parts.contract import Loss
from segnet.schema import checked_options


def build_loss(
    name: str,
    options: Mapping[str, Any],
    *,
    class_counts: Int64[np.ndarray, "n classes"],
    image_pixels: Int64[np.ndarray, " n"],
) -> Loss:
    """The loss of that name.

    Args:
        name: a key of ``LOSSES``.
        options: the loss's own keyword arguments, ``params.yaml: losses.<name>``;
            ``class_weights`` is a key of ``CLASS_WEIGHTS``.
        class_counts: labelled pixels of each class in each training image.
        image_pixels: all pixels of each training image, void included.

    Raises:
        UserError: for an unknown name or option, or a value that the option cannot have.
    """
    loss = lookup(LOSSES, name, what="loss")
    where = f"params.yaml: losses.{name}"
    parameters = list(inspect.signature(loss).parameters)
    arguments = dict(options)
    if "class_weights" in options and "class_weights" in parameters:
        weighting = options["class_weights"]
        if weighting not in tuple(CLASS_WEIGHTS):
            raise UserError(f"{where}: {unknown('class_weights', str(weighting), CLASS_WEIGHTS)}")
        arguments["class_weights"] = _class_weights(weighting, class_counts, image_pixels)
    return partial(loss, **checked_options(loss, arguments, beside=parameters[:2], where=where))


def _class_weights(
    weighting: str,
    class_counts: Int64[np.ndarray, "n classes"],
    image_pixels: Int64[np.ndarray, " n"],
) -> Float[Tensor, " classes"] | None:
    weigh = CLASS_WEIGHTS[weighting]
    return None if weigh is None else torch.from_numpy(weigh(class_counts, image_pixels)).float()

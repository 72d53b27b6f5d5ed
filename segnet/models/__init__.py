"""The networks by name. Each takes ``num_classes`` and its own keyword arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from segnet.errors import UserError, lookup, nearest
from segnet.schema import Registry
from segnet.seeding import global_stream

MODELS: Registry[Callable[..., nn.Module]] = Registry(
    "segnet.models",
    {
        "segnet_v1": "SegNetV1",
        "segnet_v2": "SegNetV2",
        "segnet_v3": "SegNetV3",
        "segnet_basic": "SegNetBasic",
        "bilinear_interpolation": "BilinearInterpolation",
        "segnet_basic_encoder_addition": "SegNetBasicEncoderAddition",
        "segnet_basic_single_channel_decoder": "SegNetBasicSingleChannelDecoder",
        "fcn_basic": "FCNBasic",
        "fcn_basic_no_addition": "FCNBasicNoAddition",
        "fcn_basic_no_dim_reduction": "FCNBasicNoDimReduction",
        "fcn_basic_no_addition_no_dim_reduction": "FCNBasicNoAdditionNoDimReduction",
        "fcn32s": "FCN32s",
        "fcn16s": "FCN16s",
        "fcn8s": "FCN8s",
        "unet": "UNet",
        "unetplusplus": "UNetPlusPlus",
        "linknet": "LinkNet",
        "fpn": "FPN",
        "pspnet": "PSPNet",
        "manet": "MANet",
        "upernet": "UPerNet",
        "deeplabv3plus": "DeepLabV3Plus",
    },
)


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

"""The networks by name. Each takes ``num_classes`` and its own keyword arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from segnet.schema import Registry

if TYPE_CHECKING:
    from torch import nn

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

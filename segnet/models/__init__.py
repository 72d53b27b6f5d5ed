"""The networks by name. Each takes ``num_classes`` and its own keyword arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

from torch import nn

from segnet.errors import UserError, lookup, nearest
from segnet.seeding import global_stream


class Networks(Mapping[str, Callable[..., nn.Module]]):
    """Network classes by the name of their file, which is imported when it is asked for.

    Importing smp takes seconds and needs packages that the SegNet family does not.

    Args:
        classes: name of the class in ``segnet/models/<key>.py``, by key.
    """

    def __init__(self, classes: Mapping[str, str]) -> None:
        self.classes = classes

    def __getitem__(self, name: str) -> Callable[..., nn.Module]:
        """The class; KeyError for an unknown name."""
        class_name = self.classes[name]
        network: Callable[..., nn.Module]
        network = getattr(import_module(f"segnet.models.{name}"), class_name)
        return network

    def __iter__(self) -> Iterator[str]:
        return iter(self.classes)

    def __len__(self) -> int:
        return len(self.classes)


MODELS = Networks(
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
    }
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

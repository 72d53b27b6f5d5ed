"""The smp networks against smp's own models with the same weights."""

from __future__ import annotations

from typing import Any

import pytest
import segmentation_models_pytorch as smp
import torch

from segnet.models.building import build_model
from segnet.models.parts.blocks import Normalize
from segnet.models.parts.smp_network import SmpNetwork

THEIRS: dict[str, tuple[Any, dict[str, Any]]] = {
    "unet": (smp.Unet, {}),
    "unetplusplus": (smp.UnetPlusPlus, {}),
    "manet": (smp.MAnet, {}),
    "linknet": (smp.Linknet, {}),
    "fpn": (smp.FPN, {}),
    "pspnet": (smp.PSPNet, {"encoder_depth": 4, "upsampling": 16}),
    "upernet": (smp.UPerNet, {}),
    "deeplabv3plus": (smp.DeepLabV3Plus, {"encoder_name": "resnet34"}),
}


def empty_pair(name: str) -> tuple[SmpNetwork, Any]:
    network, options = THEIRS[name]
    with torch.device("meta"):
        ours = build_model(name, num_classes=5, width=1.0, options={}, seed=0)
        theirs = network(**{"encoder_name": "vgg16_bn", **options}, encoder_weights=None, classes=5)
    assert isinstance(ours, SmpNetwork)
    return ours, theirs


def used_keys(name: str, theirs: Any) -> list[str]:
    """All keys but those of the centre block that smp's U-Net++ builds and never calls."""
    unused = "decoder.center" if name == "unetplusplus" else "none"
    return [key for key in theirs.state_dict() if not key.startswith(unused)]


@pytest.mark.parametrize("name", THEIRS)
def test_shapes_of_all_parameters_are_those_of_smp(name: str) -> None:
    ours, theirs = empty_pair(name)
    assert [one.shape for one in ours.state_dict().values()] == [
        theirs.state_dict()[key].shape for key in used_keys(name, theirs)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", THEIRS)
def test_logits_are_those_of_smp_with_the_same_weights(name: str) -> None:
    ours, theirs = empty_pair(name)
    generator = torch.Generator().manual_seed(0)
    weights = {}
    for (our_key, our), their_key in zip(
        ours.state_dict().items(), used_keys(name, theirs), strict=True
    ):
        fan_in = our[0].numel() if our.ndim > 1 else 1
        values = torch.randn(our.shape, generator=generator) * (1.5 / fan_in) ** 0.5
        if our.ndim < 2:
            values = values.abs() + 0.5 if "bias" not in our_key else values * 0.1
        weights[our_key] = weights[their_key] = values.to(our.dtype)
    ours.load_state_dict({key: weights[key] for key in ours.state_dict()}, assign=True)
    for key, tensor in theirs.state_dict().items():
        weights.setdefault(key, torch.zeros_like(tensor, device="cpu"))
    theirs.load_state_dict({key: weights[key] for key in theirs.state_dict()}, assign=True)
    ours.normalize = Normalize()
    images = torch.rand(1, 3, 64, 96, generator=generator, dtype=torch.float64)
    # MAnet's softmax magnifies rounding
    ours, theirs = ours.double().eval(), theirs.double().eval()
    with torch.inference_mode():
        expected = theirs(ours.normalize(images))
        scale = float(expected.std())
        torch.testing.assert_close(ours(images), expected, rtol=0, atol=1e-9 * scale)


@pytest.mark.parametrize("name", ["unet", "pspnet", "upernet"])
def test_decoders_that_take_any_size_get_no_padding(name: str) -> None:
    network = build_model(name, num_classes=2, width=0.125, options={}, seed=0).eval()
    assert isinstance(network, SmpNetwork)
    seen: list[torch.Size] = []
    network.encoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].shape))
    network(torch.rand(1, 3, 45, 60))
    assert seen == [(1, 3, 45, 60)]


def test_padding_is_the_mean_colour_below_and_to_the_right() -> None:
    network = build_model("fpn", num_classes=2, width=0.125, options={}, seed=0).eval()
    assert isinstance(network, SmpNetwork)
    seen: list[torch.Tensor] = []
    network.encoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    images = torch.rand(1, 3, 45, 60)
    network(images)
    (padded,) = seen
    assert padded.shape == (1, 3, 64, 64)
    assert torch.equal(padded[..., :45, :60], network.normalize(images))
    assert not padded[..., 45:, :].any()
    assert not padded[..., 60:].any()

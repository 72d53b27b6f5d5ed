from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from segnet.errors import UserError
from segnet.models import MODELS
from segnet.models.building import build_model
from segnet.models.parts.basic_network import BasicNetwork
from segnet.models.parts.blocks import VGG16_STAGES
from segnet.models.pretrained.loading import load_vgg16_convolutions, takes_vgg16_weights

BASIC = {name for name, network in MODELS.items() if issubclass(network, BasicNetwork)}
FROM_SCRATCH = {"deeplabv3plus"} | BASIC
TORCHVISION_LAYERS = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)


@pytest.fixture(scope="module")
def weights_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights in the names and shapes of torchvision's VGG16 features."""
    tensors = {}
    channels = [3, *(width for stage in VGG16_STAGES for width in stage)]
    for layer, before, after in zip(TORCHVISION_LAYERS, channels, channels[1:], strict=False):
        tensors[f"features.{layer}.weight"] = torch.randn(after, before, 3, 3).half()
        tensors[f"features.{layer}.bias"] = torch.randn(after).half()
    path = tmp_path_factory.mktemp("weights") / "vgg16_features.safetensors"
    save_file(tensors, path)
    return path


def empty(name: str) -> nn.Module:
    """A network of full size whose tensors hold anything: nothing is drawn."""
    with torch.device("meta"):
        network = build_model(name, num_classes=3, width=1.0, options={}, seed=0)
    return network.to_empty(device="cpu")


def test_every_network_but_two_takes_the_vgg16_weights() -> None:
    for name in MODELS:
        small = build_model(name, num_classes=3, width=0.125, options={}, seed=0)
        assert takes_vgg16_weights(small) == (name not in FROM_SCRATCH), name


@pytest.mark.parametrize("name", sorted(set(MODELS) - FROM_SCRATCH))
def test_every_vgg16_encoder_gets_the_same_tensors(name: str, weights_file: Path) -> None:
    encoder = empty(name).get_submodule("encoder")
    load_vgg16_convolutions(encoder, weights_file)
    expected = load_file(weights_file)
    convolutions = [one for one in encoder.modules() if isinstance(one, nn.Conv2d)]
    for layer, convolution in zip(TORCHVISION_LAYERS, convolutions, strict=True):
        assert torch.equal(convolution.weight, expected[f"features.{layer}.weight"].float())
        assert convolution.bias is not None
        assert torch.equal(convolution.bias, expected[f"features.{layer}.bias"].float())


@pytest.mark.parametrize("name", sorted(FROM_SCRATCH))
def test_other_encoders_refuse_the_weights(name: str, weights_file: Path) -> None:
    with pytest.raises(UserError, match="a VGG16 encoder"):
        load_vgg16_convolutions(empty(name).get_submodule("encoder"), weights_file)


def test_vgg16_networks_with_random_encoders_also_start_equal() -> None:
    encoders = [
        build_model(name, num_classes=3, width=0.125, options={}, seed=0).get_submodule("encoder")
        for name in sorted(set(MODELS) - FROM_SCRATCH)
    ]
    first = encoders[0].state_dict()
    for other in encoders[1:]:
        assert all(torch.equal(first[key], tensor) for key, tensor in other.state_dict().items())


def test_narrow_encoder_refuses_the_weights_and_says_why(weights_file: Path) -> None:
    network = build_model("segnet_v1", num_classes=3, width=0.25, options={}, seed=0)
    with pytest.raises(UserError, match="Pretrained weights need `width: 1`"):
        load_vgg16_convolutions(network.get_submodule("encoder"), weights_file)


def test_missing_file_names_the_fix(tmp_path: Path) -> None:
    network = build_model("segnet_v1", num_classes=3, width=0.125, options={}, seed=0)
    with pytest.raises(UserError, match="dvc repro"):
        load_vgg16_convolutions(network.get_submodule("encoder"), tmp_path / "none.safetensors")

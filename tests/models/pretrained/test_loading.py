from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from segnet.errors import UserError
from segnet.models.building import build_model
from segnet.models.parts.blocks import VGG16_STAGES
from segnet.models.pretrained import FETCH, LOAD, weights_file
from segnet.models.pretrained.loading.vgg16 import load_vgg16_convolutions
from segnet.models.weight_files import copy_weights

ON_VGG16 = (
    *("segnet_v1", "segnet_v2", "segnet_v3", "fcn32s", "fcn16s", "fcn8s", "unet", "unetplusplus"),
    *("linknet", "fpn", "pspnet", "manet", "upernet"),
)
ON_OTHER_ENCODERS = ("deeplabv3plus", "segnet_basic", "fcn_basic")
TORCHVISION_LAYERS = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)


@pytest.fixture(scope="module")
def vgg16(tmp_path_factory: pytest.TempPathFactory) -> Path:
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


@pytest.mark.parametrize("name", ON_VGG16)
def test_every_vgg16_encoder_gets_the_same_tensors(name: str, vgg16: Path) -> None:
    network = empty(name)
    assert LOAD["vgg16"](network, vgg16)
    expected = load_file(vgg16)
    encoder = network.get_submodule("encoder")
    convolutions = [one for one in encoder.modules() if isinstance(one, nn.Conv2d)]
    for layer, convolution in zip(TORCHVISION_LAYERS, convolutions, strict=True):
        assert torch.equal(convolution.weight, expected[f"features.{layer}.weight"].float())
        assert convolution.bias is not None
        assert torch.equal(convolution.bias, expected[f"features.{layer}.bias"].float())


@pytest.mark.parametrize("name", ON_OTHER_ENCODERS)
def test_other_encoders_refuse_the_weights(name: str, vgg16: Path) -> None:
    with pytest.raises(UserError, match="a VGG16 encoder"):
        load_vgg16_convolutions(empty(name).get_submodule("encoder"), vgg16)


def test_vgg16_networks_with_random_encoders_also_start_equal() -> None:
    encoders = [
        build_model(name, num_classes=3, width=0.125, options={}, seed=0).get_submodule("encoder")
        for name in ON_VGG16
    ]
    first = encoders[0].state_dict()
    for other in encoders[1:]:
        assert all(torch.equal(first[key], tensor) for key, tensor in other.state_dict().items())


def test_narrow_encoder_refuses_the_weights_and_says_why(vgg16: Path) -> None:
    network = build_model("segnet_v1", num_classes=3, width=0.25, options={}, seed=0)
    with pytest.raises(UserError, match="Pretrained weights need `width: 1`"):
        load_vgg16_convolutions(network.get_submodule("encoder"), vgg16)


@pytest.mark.parametrize("encoder", [None, nn.Conv2d(3, 64, 3)])
def test_network_without_a_vgg16_encoder_stays_as_it_is(
    encoder: nn.Module | None, vgg16: Path
) -> None:
    network = nn.Sequential(nn.Conv2d(3, 2, 1))
    if encoder is not None:
        network.add_module("encoder", encoder)
    before = copy_weights(network)
    assert not LOAD["vgg16"](network, vgg16)
    assert all(torch.equal(before[name], now) for name, now in copy_weights(network).items())


def test_random_weights_leave_a_network_as_it_is(tmp_path: Path) -> None:
    network = build_model("segnet_v1", num_classes=3, width=0.125, options={}, seed=0)
    before = copy_weights(network)
    assert not LOAD["random"](network, tmp_path / "README")
    assert all(torch.equal(before[name], now) for name, now in copy_weights(network).items())


def test_every_kind_of_weights_can_be_fetched_and_loaded() -> None:
    assert set(FETCH) == set(LOAD)
    for kind in FETCH:
        assert callable(FETCH[kind])
        assert callable(LOAD[kind])
        assert weights_file(kind).parent.name == kind


def test_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(UserError, match=r"unknown encoder weights 'vgg19'\. Did you mean 'vgg16'"):
        weights_file("vgg19")


def test_loading_weights_imports_no_code_that_fetches() -> None:
    code = (
        "import sys; from segnet.models.pretrained import LOAD; [LOAD[kind] for kind in LOAD];"
        "sys.exit(any('fetching' in name for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_missing_file_names_the_fix(tmp_path: Path) -> None:
    network = build_model("segnet_v1", num_classes=3, width=0.125, options={}, seed=0)
    with pytest.raises(UserError, match="dvc repro"):
        load_vgg16_convolutions(network.get_submodule("encoder"), tmp_path / "none.safetensors")

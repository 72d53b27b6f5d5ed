from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from segnet.errors import UserError
from segnet.models import MODELS, build_model
from segnet.models.blocks import VGG16_STAGES
from segnet.models.pretrained import load_vgg16_convolutions

TORCHVISION_LAYERS = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)


@pytest.fixture
def weights_file(tmp_path: Path) -> Path:
    """Random weights in the names and shapes of torchvision's VGG16 features."""
    tensors = {}
    channels = [3, *(width for stage in VGG16_STAGES for width in stage)]
    for layer, before, after in zip(TORCHVISION_LAYERS, channels, channels[1:], strict=False):
        tensors[f"features.{layer}.weight"] = torch.randn(after, before, 3, 3).half()
        tensors[f"features.{layer}.bias"] = torch.randn(after).half()
    path = tmp_path / "vgg16_features.safetensors"
    save_file(tensors, path)
    return path


@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_vgg16_encoder_gets_the_same_tensors(name: str, weights_file: Path) -> None:
    network = build_model(name, num_classes=3, width=1.0, options={}, seed=0)
    load_vgg16_convolutions(network.encoder, weights_file)
    from safetensors.torch import load_file

    expected = load_file(weights_file)
    convolutions = [one for one in network.encoder.modules() if isinstance(one, nn.Conv2d)]
    for layer, convolution in zip(TORCHVISION_LAYERS, convolutions, strict=True):
        assert torch.equal(convolution.weight, expected[f"features.{layer}.weight"].float())
        assert torch.equal(convolution.bias, expected[f"features.{layer}.bias"].float())


def test_narrow_encoder_refuses_the_weights_and_says_why(weights_file: Path) -> None:
    network = build_model("segnet_v1", num_classes=3, width=0.25, options={}, seed=0)
    with pytest.raises(UserError, match="Pretrained weights need `width: 1`"):
        load_vgg16_convolutions(network.encoder, weights_file)


def test_missing_file_names_the_fix(tmp_path: Path) -> None:
    network = build_model("segnet_v1", num_classes=3, width=1.0, options={}, seed=0)
    with pytest.raises(UserError, match="dvc repro"):
        load_vgg16_convolutions(network.encoder, tmp_path / "none.safetensors")

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from fake_splits import fake_split
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from segnet.bench.config import config_digest, load_config
from segnet.models import MODELS
from segnet.models.building import build_model
from segnet.models.parts.blocks import VGG16Stages
from segnet.models.pretrained.loading.vgg16 import load_vgg16_convolutions
from segnet.training.calibration import calibrate_encoder, calibration_images
from segnet.training.optimizer import build_optimizer, set_learning_rate
from segnet.training.recipe import Augmentation, BatchNorm, Optimizer, Recipe, Schedule

MIRROR = os.environ.get("SEGBENCH_MIRROR")
NOT_VGG16 = {name for name in MODELS if "basic" in name} | {
    "bilinear_interpolation",
    "deeplabv3plus",
}
VGG16_MODELS = sorted(set(MODELS) - NOT_VGG16)
RECIPE = Recipe(
    source="test",
    expects="nothing",
    batch_size=4,
    optimizer=Optimizer(kind="sgd", learning_rate=1),
    schedule=Schedule(kind="constant"),
    augmentation=Augmentation(flip_probability=0.5),
    batch_norm=BatchNorm(statistics="running", encoder_start="calibrated"),
)


def vgg16_network(name: str, width: float) -> tuple[nn.Module, VGG16Stages]:
    network = build_model(name, num_classes=3, width=width, options={}, seed=0)
    encoder = network.get_submodule("encoder")
    assert isinstance(encoder, VGG16Stages)
    return network, encoder


def features_of(network: nn.Module, encoder: VGG16Stages, images: Tensor) -> list[Tensor]:
    """What each stage of the encoder gives, in evaluation mode."""
    seen: list[Tensor] = []
    hooks = [
        stage.register_forward_hook(lambda *call: seen.append(call[2].clone()))
        for stage in encoder.stages
    ]
    with torch.no_grad():
        network.eval()(images)
    for hook in hooks:
        hook.remove()
    return seen


def plain_vgg16(network: nn.Module, encoder: VGG16Stages, images: Tensor) -> list[Tensor]:
    """VGG16 without batch norm: convolutions, ReLU and pooling alone."""
    features = network.get_submodule("normalize")(images)
    seen = []
    with torch.no_grad():
        for stage in encoder.stages:
            for layer in stage.modules():
                if isinstance(layer, nn.Conv2d):
                    features = layer(features).relu()
            seen.append(features)
            features = F.max_pool2d(features, 2, ceil_mode=True)
    return seen


def relative_error(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).norm() / expected.norm())


@pytest.mark.parametrize("name", VGG16_MODELS)
def test_a_calibrated_encoder_equals_the_network_without_batch_norm(name: str) -> None:
    network, encoder = vgg16_network(name, 0.125)
    for convolution in encoder.modules():
        if isinstance(convolution, nn.Conv2d) and convolution.bias is not None:
            nn.init.normal_(convolution.bias)
    training = fake_split(size=(32, 32), mask_size=(32, 32))
    other_image = torch.rand(1, 3, 64, 96)
    expected = plain_vgg16(network, encoder, other_image)
    network.train()(torch.rand(4, 3, 64, 96))  # a fresh norm takes in its first statistics
    fresh = features_of(network, encoder, other_image)
    assert relative_error(fresh[-1], expected[-1]) > 0.1
    calibrate_encoder(network, calibration_images(training, RECIPE, (32, 32), seed=0))
    found = features_of(network, encoder, other_image)
    for stage, wanted in zip(found, expected, strict=True):
        assert relative_error(stage, wanted) <= 1e-3


@pytest.mark.slow
@pytest.mark.skipif(MIRROR is None, reason="SEGBENCH_MIRROR is not set")
@pytest.mark.parametrize("name", VGG16_MODELS)
def test_features_equal_vgg16_s_on_a_real_image(name: str) -> None:
    assert MIRROR is not None
    network, encoder = vgg16_network(name, 1.0)
    load_vgg16_convolutions(encoder, Path(MIRROR) / "weights/vgg16_features.safetensors")
    files = sorted((Path(MIRROR) / "camvid/train").iterdir())[:3]
    photos = [np.asarray(Image.open(one).convert("RGB").resize((128, 96))) for one in files]
    *training, held_out = torch.tensor(np.stack(photos)).permute(0, 3, 1, 2)[:, None] / 255
    calibrate_encoder(network, training)
    expected = plain_vgg16(network, encoder, held_out)
    for stage, wanted in zip(features_of(network, encoder, held_out), expected, strict=True):
        assert relative_error(stage, wanted) <= 1e-3


def test_running_statistics_are_those_of_the_images_and_training_starts_alike() -> None:
    network, encoder = vgg16_network("segnet_v1", 0.125)
    images = torch.rand(4, 3, 32, 32)
    calibrate_encoder(network, [images])
    assert network.training
    convolution, norm = (encoder.get_submodule(f"stages.0.0.{at}") for at in (0, 1))
    output = convolution(network.get_submodule("normalize")(images)).detach()
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    torch.testing.assert_close(norm.running_mean, output.mean((0, 2, 3)), rtol=1e-4, atol=1e-4)
    variance = output.var((0, 2, 3), unbiased=False)
    torch.testing.assert_close(norm.running_var, variance, rtol=1e-3, atol=1e-3)
    # on the very images of the calibration, batch statistics are the stored ones
    torch.testing.assert_close(norm.train()(output), output, rtol=1e-3, atol=1e-2)


def test_decoders_stay_as_they_are() -> None:
    network, _ = vgg16_network("segnet_v2", 0.125)
    before = {name: one.clone() for name, one in network.state_dict().items()}
    calibrate_encoder(network, [torch.rand(2, 3, 32, 32)])
    changed = {
        name for name, one in network.state_dict().items() if not torch.equal(one, before[name])
    }
    assert {name.split(".")[0] for name in changed} == {"encoder"}
    assert {name.rsplit(".", 1)[1] for name in changed} == {
        "weight", "bias", "running_mean", "running_var",
    }  # fmt: skip
    assert len(changed) == 4 * 13


def test_a_word_and_a_block_mean_the_same_and_old_configurations_keep_their_digest() -> None:
    word = RECIPE.model_copy(update={"batch_norm": "reestimated"})
    assert word.norm == BatchNorm(statistics="reestimated", encoder_start="fresh")
    assert Optimizer(kind="sgd", learning_rate=1).model_dump() == {
        "kind": "sgd",
        "learning_rate": 1,
        "momentum": 0.9,
        "weight_decay": 0.0,
    }
    assert Optimizer(kind="sgd", learning_rate=1, encoder_factor=0.1).model_dump()[
        "encoder_factor"
    ] == pytest.approx(0.1)
    config = load_config()
    cell = config.bench.cells()[0]
    resolved = config.resolved(cell)
    assert "encoder_factor" not in resolved["recipe"]["optimizer"]
    recipe = config.recipe.model_copy(update={"batch_norm": RECIPE.batch_norm})
    other = config.model_copy(update={"recipes": {config.bench.recipe: recipe}})
    assert config_digest(other.resolved(cell)) != config_digest(resolved)


def test_an_encoder_may_learn_at_a_rate_of_its_own() -> None:
    network, encoder = vgg16_network("segnet_v1", 0.125)
    settings = Optimizer(kind="sgd", learning_rate=1, weight_decay=0.1, encoder_factor=0.1)
    optimizer = build_optimizer(network, settings)
    set_learning_rate(optimizer, 0.5)
    rates = {id(one): group["lr"] for group in optimizer.param_groups for one in group["params"]}
    slow = {id(one) for one in encoder.parameters()}
    assert len(rates) == len(list(network.parameters()))
    for one in network.parameters():
        assert rates[id(one)] == pytest.approx(0.05 if id(one) in slow else 0.5)
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0.1, 0, 0.1, 0]

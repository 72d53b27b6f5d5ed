"""The contract of every network: a new entry of MODELS is tested by existing."""

from __future__ import annotations

import inspect
import math
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from segnet.bench.config import load_config
from segnet.errors import UserError
from segnet.models import MODELS
from segnet.models.building import build_model
from segnet.models.weight_files import copy_weights, load_weights, save_weights

WIDTH = 0.125
BASIC_ENCODER = 49 * (3 * 64 + 3 * 64 * 64) + 4 * 128
PARAMETERS_AT_11_CLASSES = {
    # cymerys: 29.449, 31.892 and 35.074 M with batch norm on the logits (22), which is not here
    "segnet_v1": 29_449_355,
    "segnet_v2": 31_892_043,
    "segnet_v3": 35_074_059,
    # 49 (3 64 + 7 64 64) weights, 8 (64 + 64) of batch norm, 64 11 + 11 of the classifier
    "segnet_basic": 1_416_075,
    # its variants: encoder, reductions of 64 to 11, decoders with batch norm, classifier
    "bilinear_interpolation": BASIC_ENCODER + 64 * 11 + 11 * 11 + 11,
    "segnet_basic_encoder_addition": 1_416_075,
    "segnet_basic_single_channel_decoder": BASIC_ENCODER + 4 * (49 * 64 + 128) + 64 * 11 + 11,
    "fcn_basic": BASIC_ENCODER + 4 * (64 * 11 + 64 * 11 * 11 + 22) + 11 * 11 + 11,
    "fcn_basic_no_addition": BASIC_ENCODER + 64 * 11 + 4 * (64 * 11 * 11 + 22) + 11 * 11 + 11,
    "fcn_basic_no_dim_reduction": BASIC_ENCODER + 4 * (64 * 64 * 64 + 128) + 64 * 11 + 11,
    "fcn_basic_no_addition_no_dim_reduction": BASIC_ENCODER
    + 4 * (64 * 64 * 64 + 128)
    + 64 * 11
    + 11,
    # smp's vgg16_bn without its classifier, 14,723,136, and 513 scores of 11 classes a stream
    "fcn32s": 14_723_136 + 513 * 11,
    "fcn16s": 14_723_136 + 2 * 513 * 11,
    "fcn8s": 14_723_136 + 2 * 513 * 11 + 257 * 11,
    # the shapes of smp's own models: test_smp_network.py
    "unet": 23_758_139,
    "unetplusplus": 39_357_243 - 2 * (512 * 512 * 9 + 1024),
    "linknet": 15_987_275,
    "fpn": 16_808_139,
    "pspnet": 15_562_187,
    "manet": 27_936_747,
    "upernet": 23_255_371,
    "deeplabv3plus": 22_440_027,
}


def small(name: str, *, seed: int = 0, num_classes: int = 5) -> nn.Module:
    return build_model(name, num_classes=num_classes, width=WIDTH, options={}, seed=seed)


def awake(network: nn.Module) -> nn.Module:
    """FCN scores start at zero, through which nothing can be seen: give them values."""
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim > 1 and not parameter.any():
                parameter.normal_(std=0.1)
    return network


@pytest.fixture(params=sorted(MODELS))
def name(request: pytest.FixtureRequest) -> str:
    torch.manual_seed(0)  # images do not depend on which tests ran before
    return str(request.param)


@pytest.fixture(params=sorted(PARAMETERS_AT_11_CLASSES))
def published(request: pytest.FixtureRequest) -> str:
    """A network whose source says how it is built: more is asked of it than of others."""
    return str(request.param)


@pytest.mark.parametrize("size", [(64, 96), (97, 131), (45, 60)])
def test_logits_have_the_size_of_the_images(name: str, size: tuple[int, int]) -> None:
    with torch.inference_mode():
        logits = small(name).eval()(torch.rand(2, 3, *size))
    assert logits.shape == (2, 5, *size)
    assert logits.isfinite().all()


def test_camvid_size_goes_through(name: str) -> None:
    with torch.device("meta"):
        logits = small(name).eval()(torch.rand(1, 3, 360, 480))
    assert logits.shape == (1, 5, 360, 480)


def test_every_parameter_gets_a_finite_gradient(name: str) -> None:
    network = awake(small(name))
    network(torch.rand(2, 3, 64, 96)).square().mean().backward()
    for key, parameter in network.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.isfinite().all(), key
    silent = [key for key, one in network.named_parameters() if one.ndim > 1 and not one.grad.any()]
    # MA-Net's squeezes have few channels at this width, and a ReLU may close them
    assert [key for key in silent if not (name == "manet" and ".SE_" in key)] == []


def test_step_runs_under_deterministic_algorithms(name: str, deterministic: None) -> None:
    gradients: list[list[Tensor]] = []
    for _ in range(2):
        network = awake(small(name))
        torch.manual_seed(0)  # dropout
        network(torch.linspace(0, 1, 2 * 3 * 45 * 60).view(2, 3, 45, 60)).square().mean().backward()
        gradients.append([one.grad for one in network.parameters() if one.grad is not None])
    assert all(torch.equal(one, same) for one, same in zip(*gradients, strict=True))


def test_bfloat16_with_channels_last_is_close_to_float32(name: str) -> None:
    network = awake(small(name)).train()
    for module in network.modules():
        if isinstance(module, nn.Dropout | nn.Dropout2d):
            module.eval()
    images = torch.rand(2, 3, 45, 60)
    exact = network(images)
    network.to(memory_format=torch.channels_last)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = network(images.to(memory_format=torch.channels_last))
    logits.float().square().mean().backward()
    both = torch.stack([logits.detach().float().flatten(), exact.detach().flatten()])
    assert torch.corrcoef(both)[0, 1] > 0.8  # a rounded maximum can move a value by one pixel


def test_equal_seeds_give_equal_weights_and_others_do_not(name: str) -> None:
    one, same, other = (copy_weights(small(name, seed=seed)) for seed in (0, 0, 1))
    assert all(torch.equal(one[key], same[key]) for key in one)
    assert any(not torch.equal(one[key], other[key]) for key in one)


def test_saved_weights_load_to_the_bit(name: str, tmp_path: Path) -> None:
    network, other = small(name), small(name, seed=1)
    save_weights(copy_weights(network), tmp_path / "weights.safetensors")
    load_weights(other, tmp_path / "weights.safetensors")
    images = torch.rand(1, 3, 40, 56)
    assert torch.equal(network.eval()(images), other.eval()(images))


def test_prediction_does_not_depend_on_the_neighbours_in_the_batch(name: str) -> None:
    network = awake(small(name)).eval()
    images = torch.rand(3, 3, 40, 56)
    with torch.inference_mode():
        together, alone = network(images), network(images[1:2])
    scale = float(alone.abs().max())
    torch.testing.assert_close(together[1:2], alone, rtol=0, atol=1e-5 * scale)


def test_no_batch_norm_is_shared(name: str) -> None:
    network = small(name)
    norms = [one for one in network.modules() if isinstance(one, nn.BatchNorm2d)]
    calls: list[nn.Module] = []
    for norm in norms:
        norm.register_forward_hook(lambda module, *_: calls.append(module))
    network(torch.rand(2, 3, 40, 56))
    assert len(calls) == len(set(calls)) == len(norms)


def test_logits_take_both_signs(name: str) -> None:
    logits = awake(small(name))(torch.rand(2, 3, 40, 56))
    assert logits.min() < 0 < logits.max()


def test_last_layer_of_a_published_network_is_a_plain_convolution(published: str) -> None:
    """Nothing with parameters but a transposed convolution of the scores follows a convolution."""
    network = small(published, num_classes=7)
    with_parameters = [one for one in network.modules() if list(one.parameters(recurse=False))]
    assert isinstance(with_parameters[-1], nn.Conv2d)
    assert with_parameters[-1].out_channels == 7


def test_width_scales_every_hidden_channel_count_of_a_published_network(published: str) -> None:
    def widths(width: float) -> list[int]:
        with torch.device("meta"):
            network = build_model(published, num_classes=3, width=width, options={}, seed=0)
        convolutions = [one for one in network.modules() if isinstance(one, nn.Conv2d)]
        return [one.out_channels for one in convolutions]

    for full, half in zip(widths(1.0), widths(0.5), strict=True):
        unscaled = full == 3 or (published == "deeplabv3plus" and full == 48)
        beside = published == "deeplabv3plus" and full == 304  # the 48 and 256 more
        assert half == (full if unscaled else 48 + 128 if beside else full // 2)


def test_parameter_count_is_the_published_one(published: str) -> None:
    with torch.device("meta"):
        network = build_model(published, num_classes=11, width=1.0, options={}, seed=0)
    assert sum(one.numel() for one in network.parameters()) == PARAMETERS_AT_11_CLASSES[published]


def test_segnet_does_not_wait_for_smp() -> None:
    code = (
        "import sys; from segnet.models import MODELS; MODELS['segnet_v1'];"
        "sys.exit('segmentation_models_pytorch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_network_has_its_block_in_params_yaml() -> None:
    assert set(load_config().models) == set(MODELS)


def test_unknown_option_says_which_are_known() -> None:
    with pytest.raises(UserError, match=r"models.segnet_v1: unknown option 'dorpout'"):
        build_model("segnet_v1", num_classes=2, width=1.0, options={"dorpout": 1}, seed=0)


TAKEN: dict[tuple[str, str], set[Any]] = {
    ("segnet_v1", "dropout"): {0, 0.5},
    ("segnet_basic", "variant"): set(),
    ("fcn8s", "upsampling"): {"bilinear"},
    ("fcn16s", "upsampling"): {"bilinear"},
    ("fcn32s", "upsampling"): {"bilinear"},
}
"""Every option of a network, with what it takes of the values below."""


def test_every_option_of_a_network_is_tried_below() -> None:
    assert set(TAKEN) == {
        (name, option)
        for name in MODELS
        for option in inspect.signature(MODELS[name]).parameters
        if option not in ("num_classes", "width")
    }


@pytest.mark.parametrize(("model", "option"), TAKEN)
def test_value_that_an_option_cannot_have_is_a_message(model: str, option: str) -> None:
    numbers = (-1, 0, 0.5, 1, 1.5, 10**30, math.inf, math.nan)
    found, messages = set(), []
    for value in (*numbers, None, True, "", "x", "bilinear", [], [0], {}, {"a": 0}):
        try:
            with torch.device("meta"):
                build_model(model, num_classes=2, width=0.05, options={option: value}, seed=0)
            found.add(value)
        except UserError as error:
            messages.append(str(error))
    assert found == TAKEN[model, option]
    assert all(option in message for message in messages)


def test_network_says_where_it_comes_from(name: str) -> None:
    assert import_module(f"segnet.models.{name}").SOURCE

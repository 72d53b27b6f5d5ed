"""The contract of every network: a new entry of MODELS is tested by existing."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from segnet.checkpoint import copy_weights, load_weights, save_weights
from segnet.config import load_config
from segnet.errors import UserError
from segnet.models import MODELS, build_model

WIDTH = 0.125
PARAMETERS_AT_11_CLASSES = {
    # 29.449 M with the batch norm of cymerys v1 on the logits (22 parameters), which is not here
    "segnet_v1": 29_449_355,
}


def small(name: str, *, seed: int = 0, num_classes: int = 5) -> nn.Module:
    return build_model(name, num_classes=num_classes, width=WIDTH, options={}, seed=seed)


@pytest.fixture(params=sorted(MODELS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("size", [(64, 96), (97, 131), (45, 60)])
def test_logits_have_the_size_of_the_images(name: str, size: tuple[int, int]) -> None:
    logits = small(name).eval()(torch.rand(2, 3, *size))
    assert logits.shape == (2, 5, *size)


def test_every_parameter_gets_a_finite_gradient(name: str) -> None:
    network = small(name)
    network(torch.rand(2, 3, 64, 96)).square().mean().backward()
    for key, parameter in network.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.isfinite().all(), key
    weights = [one.grad.abs().max() for one in network.parameters() if one.ndim > 1]
    assert min(weights) > 0


def test_step_runs_under_deterministic_algorithms(name: str, deterministic: None) -> None:
    network = small(name)
    network(torch.rand(2, 3, 40, 56)).mean().backward()


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
    network = small(name).eval()
    images = torch.rand(3, 3, 40, 56)
    torch.testing.assert_close(network(images)[1:2], network(images[1:2]), rtol=0, atol=1e-4)


def test_no_batch_norm_is_shared(name: str) -> None:
    network = small(name)
    norms = [one for one in network.modules() if isinstance(one, nn.BatchNorm2d)]
    calls: list[nn.Module] = []
    for norm in norms:
        norm.register_forward_hook(lambda module, *_: calls.append(module))
    network(torch.rand(2, 3, 40, 56))
    assert len(calls) == len(set(calls)) == len(norms)


def test_logits_take_both_signs(name: str) -> None:
    logits = small(name)(torch.rand(2, 3, 40, 56))
    assert logits.min() < 0 < logits.max()


def test_parameter_count_is_the_published_one(name: str) -> None:
    network = build_model(name, num_classes=11, width=1.0, options={}, seed=0)
    assert sum(one.numel() for one in network.parameters()) == PARAMETERS_AT_11_CLASSES[name]


def test_every_network_has_its_block_in_params_yaml() -> None:
    assert set(load_config().models) == set(MODELS)


def test_unknown_option_says_which_are_known() -> None:
    with pytest.raises(UserError, match=r"models.segnet_v1: unknown option 'dorpout'"):
        build_model("segnet_v1", num_classes=2, width=1.0, options={"dorpout": 1}, seed=0)

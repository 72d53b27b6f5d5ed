from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segnet.errors import UserError
from segnet.models.building import build_model
from segnet.models.parts.fcn_heads import FCN

STREAMS = {"fcn32s": 1, "fcn16s": 2, "fcn8s": 3}


def small(name: str, upsampling: str) -> FCN:
    network = build_model(
        name, num_classes=3, width=0.125, options={"upsampling": upsampling}, seed=0
    ).eval()
    assert isinstance(network, FCN)
    for score in network.scores:
        nn.init.normal_(score.weight)
        nn.init.normal_(score.bias)
    return network


def enlarge(features: Tensor, factor: int, size: tuple[int, int]) -> Tensor:
    enlarged = F.interpolate(features, scale_factor=factor, mode="bilinear")
    return enlarged[..., : size[0], : size[1]]


@pytest.mark.parametrize("upsampling", ["bilinear", "learnt"])
@pytest.mark.parametrize("size", [(64, 96), (97, 131)])
@pytest.mark.parametrize("name", STREAMS)
def test_scores_are_enlarged_and_added_from_coarse_to_fine(
    name: str, size: tuple[int, int], upsampling: str
) -> None:
    network = small(name, upsampling)
    images = torch.rand(1, 3, *size)
    with torch.inference_mode():
        features = network.normalize(images)
        pools = []
        for stage in network.encoder.stages:
            features = F.max_pool2d(stage(features), 2, 2, ceil_mode=True)
            pools.append(features)
        logits = network.scores[0](pools[4])
        if name in ("fcn16s", "fcn8s"):
            score4 = network.scores[1](pools[3])
            logits = enlarge(logits, 2, score4.shape[-2:]) + score4
        if name == "fcn8s":
            score3 = network.scores[2](pools[2])
            logits = enlarge(logits, 2, score3.shape[-2:]) + score3
        logits = enlarge(logits, {"fcn32s": 32, "fcn16s": 16, "fcn8s": 8}[name], size)
        torch.testing.assert_close(network(images), logits, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("name", STREAMS)
def test_scores_start_at_zero_and_learn_at_the_first_step(name: str) -> None:
    network = build_model(name, num_classes=3, width=0.125, options={}, seed=0)
    logits = network(torch.rand(2, 3, 64, 64))
    assert not logits.any()
    F.cross_entropy(logits, torch.randint(3, (2, 64, 64))).backward()
    for score in network.get_submodule("scores"):
        assert score.weight.grad.any()


def test_learnt_upsampling_is_trained_and_bilinear_is_not() -> None:
    fixed, learnt = small("fcn8s", "bilinear"), small("fcn8s", "learnt")
    extra = sum(one.numel() for one in learnt.parameters()) - sum(
        one.numel() for one in fixed.parameters()
    )
    assert extra == 9 * (4 * 4 + 4 * 4 + 16 * 16)  # the kernels of voc-fcn8s, 3 classes
    logits = learnt(torch.rand(2, 3, 37, 50))
    logits.square().mean().backward()
    assert all(one.grad is not None and one.grad.any() for one in learnt.parameters())


def test_unknown_upsampling_lists_the_known_ones() -> None:
    with pytest.raises(UserError, match="Known: bilinear, learnt"):
        build_model("fcn8s", num_classes=3, width=0.125, options={"upsampling": "cubic"}, seed=0)

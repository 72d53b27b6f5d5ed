from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segnet.models import segnet_v1
from segnet.models.building import build_model
from segnet.models.parts.blocks import pool, unpool
from segnet.models.segnet_v1 import SegNetV1


def plain_forward(network: SegNetV1, images: Tensor) -> Tensor:
    """SegNet written out with torch's own unpooling."""
    features = network.normalize(images)
    stack = []
    for stage in network.encoder.stages:
        features = stage(features)
        size = features.shape[-2:]
        features, indices = F.max_pool2d(features, 2, 2, ceil_mode=True, return_indices=True)
        stack.append((indices, size))
    for decoder in reversed(network.decoder):
        indices, size = stack.pop()
        features = decoder(F.max_unpool2d(features, indices, 2, 2, output_size=size))
    logits: Tensor = network.head(features)
    return logits


@pytest.mark.parametrize("size", [(360, 480), (97, 131), (224, 224)])
def test_logits_equal_a_plain_network_with_max_unpool2d(size: tuple[int, int]) -> None:
    network = build_model("segnet_v1", num_classes=11, width=0.25, options={}, seed=0).eval()
    assert isinstance(network, SegNetV1)
    images = torch.rand(1, 3, *size)
    with torch.inference_mode():
        torch.testing.assert_close(
            network(images), plain_forward(network, images), rtol=0, atol=1e-5
        )


def test_indices_of_another_image_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    network = build_model("segnet_v1", num_classes=3, width=0.125, options={}, seed=0).eval()
    assert isinstance(network, SegNetV1)

    def unpool_with_the_neighbours(
        features: Tensor, cells: Tensor, size: tuple[int, int]
    ) -> Tensor:
        return unpool(features, cells.flip(0), size)

    monkeypatch.setattr(segnet_v1, "unpool", unpool_with_the_neighbours)
    images = torch.rand(2, 3, 32, 32)
    with torch.inference_mode():
        assert not torch.allclose(network(images), plain_forward(network, images), atol=1e-2)


@pytest.mark.parametrize("size", [(9, 13), (8, 6), (2, 5), (5, 1), (1, 1)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_unpooling_equals_max_unpool2d_to_the_bit(
    memory_format: torch.memory_format, dtype: torch.dtype, size: tuple[int, int]
) -> None:
    features = torch.randn(2, 3, *size, dtype=dtype).to(memory_format=memory_format)
    features.requires_grad_()
    pooled = pool(features)
    assert pooled.cells.dtype == torch.uint8
    ours = unpool(pooled.output, pooled.cells, pooled.size)
    assert ours.is_contiguous(memory_format=memory_format)
    output, indices = F.max_pool2d(features, 2, ceil_mode=True, return_indices=True)
    theirs = F.max_unpool2d(output, indices, 2, 2, output_size=pooled.size)
    assert torch.equal(ours, theirs)
    weight = torch.randn_like(ours)
    ours_gradient, theirs_gradient = (
        torch.autograd.grad((one * weight).sum(), features, retain_graph=True)[0]
        for one in (ours, theirs)
    )
    assert torch.equal(ours_gradient, theirs_gradient)


def test_unpooling_puts_a_maximum_back_where_it_stood() -> None:
    features = torch.tensor([[[[1.0, 5.0, 2.0], [3.0, 4.0, 9.0]]]])
    pooled = pool(features)
    expected = torch.tensor([[[[0.0, 5.0, 0.0], [0.0, 0.0, 9.0]]]])
    assert torch.equal(unpool(pooled.output, pooled.cells, pooled.size), expected)


def test_dropout_follows_the_central_six_stages() -> None:
    network = build_model("segnet_v1", num_classes=3, width=0.125, options={"dropout": 0.5}, seed=0)
    assert isinstance(network, SegNetV1)
    dropped: list[tuple[int, ...]] = []
    for module in (network.encoder.dropout, network.dropout):
        module.register_forward_hook(lambda *call: dropped.append(tuple(call[2].shape)))
    network(torch.rand(2, 3, 64, 64))
    encoders = [(2, 32, 8, 8), (2, 64, 4, 4), (2, 64, 2, 2)]  # pool3, pool4, pool5
    decoders = [(2, 64, 4, 4), (2, 32, 8, 8), (2, 16, 16, 16)]  # decoders 5, 4, 3
    assert dropped == [*encoders, *decoders]
    assert network.encoder.dropout.p == network.dropout.p == 0.5


def test_without_dropout_the_network_draws_nothing() -> None:
    network = build_model("segnet_v1", num_classes=3, width=0.125, options={}, seed=0)
    before = torch.get_rng_state()
    network(torch.rand(2, 3, 32, 32, generator=torch.Generator()))
    assert torch.equal(before, torch.get_rng_state())


def test_decoder_mirrors_the_encoder_as_the_paper_draws_it() -> None:
    network = SegNetV1(11)

    def shapes(stages: nn.ModuleList) -> list[list[tuple[int, int]]]:
        return [
            [(block[0].in_channels, block[0].out_channels) for block in stage] for stage in stages
        ]

    assert shapes(network.encoder.stages) == [
        [(3, 64), (64, 64)],
        [(64, 128), (128, 128)],
        [(128, 256), (256, 256), (256, 256)],
        [(256, 512), (512, 512), (512, 512)],
        [(512, 512), (512, 512), (512, 512)],
    ]
    assert shapes(network.decoder) == [
        [(64, 64)],
        [(128, 128), (128, 64)],
        [(256, 256), (256, 256), (256, 128)],
        [(512, 512), (512, 512), (512, 256)],
        [(512, 512), (512, 512), (512, 512)],
    ]
    assert (network.head.in_channels, network.head.out_channels) == (64, 11)

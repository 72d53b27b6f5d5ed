from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from segnet.errors import UserError
from segnet.models.building import build_model
from segnet.models.parts.basic_network import VARIANTS
from segnet.models.segnet_basic import SegNetBasic

ENCODER = 49 * (3 * 64 + 3 * 64 * 64) + 4 * 128
CLASSIFIER = 64 * 11 + 11
CLASSES_CLASSIFIER = 11 * 11 + 11
REDUCTION = 64 * 11
TABLE_1 = {
    # variant: (millions of parameters in the paper, ours counted by hand)
    "bilinear_interpolation": (0.625, ENCODER + REDUCTION + CLASSES_CLASSIFIER),
    "segnet_basic": (1.425, ENCODER + 4 * (49 * 64 * 64 + 128) + CLASSIFIER),
    "encoder_addition": (1.425, ENCODER + 4 * (49 * 64 * 64 + 128) + CLASSIFIER),
    "single_channel_decoder": (0.625, ENCODER + 4 * (49 * 64 + 128) + CLASSIFIER),
    "fcn_basic": (0.65, ENCODER + 4 * (REDUCTION + 64 * 11 * 11 + 22) + CLASSES_CLASSIFIER),
    "fcn_basic_no_addition": (
        0.65,
        ENCODER + REDUCTION + 4 * (64 * 11 * 11 + 22) + CLASSES_CLASSIFIER,
    ),
    "fcn_basic_no_dim_reduction": (1.625, ENCODER + 4 * (64 * 64 * 64 + 128) + CLASSIFIER),
    "fcn_basic_no_addition_no_dim_reduction": (
        1.625,
        ENCODER + 4 * (64 * 64 * 64 + 128) + CLASSIFIER,
    ),
}


def small(variant: str) -> SegNetBasic:
    network = build_model(
        "segnet_basic", num_classes=3, width=0.125, options={"variant": variant}, seed=0
    )
    assert isinstance(network, SegNetBasic)
    return network


def test_variants_are_the_eight_rows_of_table_1() -> None:
    assert list(VARIANTS) == list(TABLE_1)


@pytest.mark.parametrize("variant", VARIANTS)
def test_parameters_are_those_of_table_1_as_far_as_it_rounds(variant: str) -> None:
    with torch.device("meta"):
        network = SegNetBasic(11, variant=variant)
    published, by_hand = TABLE_1[variant]
    counted = sum(one.numel() for one in network.parameters())
    assert counted == by_hand
    assert counted / 1e6 == pytest.approx(published, rel=0.023)


@pytest.mark.parametrize("variant", VARIANTS)
def test_variant_learns_at_an_odd_size(variant: str, deterministic: None) -> None:
    network = small(variant)
    logits = network(torch.rand(2, 3, 45, 61))
    assert logits.shape == (2, 3, 45, 61)
    logits.square().mean().backward()
    for key, parameter in network.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.isfinite().all(), key
        assert parameter.ndim == 1 or parameter.grad.any(), key


def test_decoder_has_no_relu_and_convolutions_no_bias() -> None:
    with torch.device("meta"):
        network = SegNetBasic(11)
    decoder = list(network.decoder.modules())
    assert not any(isinstance(one, nn.ReLU) for one in decoder)
    convolutions = [one for one in network.modules() if isinstance(one, nn.Conv2d)]
    assert [one.kernel_size for one in convolutions] == [(7, 7)] * 8 + [(1, 1)]
    assert [one.bias is None for one in convolutions] == [True] * 8 + [False]


def test_encoder_addition_adds_the_pooled_output_after_the_decoder() -> None:
    network = small("encoder_addition").eval()
    images = torch.rand(2, 3, 37, 50)
    with torch.inference_mode():
        features = network.normalize(images)
        stack = []
        for stage in network.encoder.stages:
            before = stage(features)
            features, indices = F.max_pool2d(before, 2, 2, ceil_mode=True, return_indices=True)
            stack.append((features, indices, before.shape[-2:]))
        for depth in (3, 2, 1, 0):
            _, indices, size = stack[depth]
            decoder = network.decoder[depth]
            unpooled = F.max_unpool2d(features, indices, 2, 2, output_size=size)
            features = decoder.norm(decoder.convolution(unpooled))
            if depth > 0:
                features = features + stack[depth - 1][0]
        torch.testing.assert_close(network(images), network.head(features))


def test_fcn_basic_starts_as_bilinear_enlargement() -> None:
    decoder = small("fcn_basic_no_dim_reduction").decoder[0]
    features = torch.rand(1, 8, 9, 11)
    expected = F.interpolate(features, scale_factor=2, mode="bilinear")
    enlarged = decoder.deconvolution(features)
    torch.testing.assert_close(enlarged[..., 2:-2, 2:-2], expected[..., 2:-2, 2:-2])


def test_unknown_variant_lists_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"'fcn_basik'\. Did you mean 'fcn_basic'"):
        SegNetBasic(3, variant="fcn_basik")

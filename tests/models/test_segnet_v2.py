"""Source: karolcymerys/oxford-iiit-pets-segmentation at 5ab643c, segnet/modelv2.py."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from segnet.models.building import build_model
from segnet.models.segnet_v2 import SegNetV2


def small() -> SegNetV2:
    network = build_model("segnet_v2", num_classes=3, width=0.125, options={}, seed=0).eval()
    assert isinstance(network, SegNetV2)
    return network


def encode(network: SegNetV2, images: Tensor) -> tuple[list[Tensor], list[tuple[int, int]]]:
    """Pooled outputs and the sizes before pooling, finest first."""
    features = network.normalize(images)
    pooled, sizes = [], []
    for stage in network.encoder.stages:
        features = stage(features)
        sizes.append((features.shape[-2], features.shape[-1]))
        features = F.max_pool2d(features, 2, 2, ceil_mode=True)
        pooled.append(features)
    return pooled, sizes


def written_out(network: SegNetV2, images: Tensor) -> Tensor:
    """d1 = D1(e5), d2 = D2(d1 + e4), ..., d5 = D5(d4 + e1)."""
    (e1, e2, e3, e4, e5), sizes = encode(network, images)
    decoded = e5
    for depth, skip in ((4, None), (3, e4), (2, e3), (1, e2), (0, e1)):
        decoder = network.decoder[depth]
        height, width = sizes[depth]
        decoded = decoded if skip is None else decoded + skip
        decoded = decoder.blocks(decoder.upsample(decoded)[..., :height, :width])
    logits: Tensor = network.head(decoded)
    return logits


def with_the_skip_after(network: SegNetV2, images: Tensor) -> Tensor:
    """The bug: the pooled outputs are added to the results of the coarser decoders' successors."""
    (e1, e2, e3, e4, e5), sizes = encode(network, images)
    decoded = network.decoder[4](e5, sizes[4])
    for depth, skip in ((3, e4), (2, e3), (1, e2), (0, e1)):
        decoder = network.decoder[depth]
        height, width = sizes[depth]
        enlarged = decoder.upsample(decoded)[..., :height, :width]
        decoded = decoder.blocks(enlarged + F.interpolate(skip, size=(height, width)))
    logits: Tensor = network.head(decoded)
    return logits


@pytest.mark.parametrize("size", [(64, 96), (97, 131), (45, 60)])
def test_pooled_outputs_are_added_at_the_input_of_decoders_two_to_five(
    size: tuple[int, int],
) -> None:
    network, images = small(), torch.rand(1, 3, *size)
    with torch.inference_mode():
        torch.testing.assert_close(network(images), written_out(network, images))


def test_adding_after_the_upsampling_is_noticed() -> None:
    network, images = small(), torch.rand(1, 3, 64, 96)
    with torch.inference_mode():
        right, wrong = network(images), with_the_skip_after(network, images)
    assert float((right - wrong).abs().max()) > 0.01 * float(right.abs().max())


def test_decoders_are_those_of_the_table() -> None:
    with torch.device("meta"):
        network = SegNetV2(11)
    found = [
        [one.upsample.in_channels, *(block[0].out_channels for block in one.blocks)]
        for one in network.decoder
    ]
    assert found == [
        [64, 64],  # and the head, 64 to 11
        [128, 128, 64],
        [256, 256, 256, 128],
        [512, 512, 512, 256],
        [512, 512, 512, 512],
    ]
    for decoder in network.decoder:
        up = decoder.upsample
        assert up.in_channels == up.out_channels
        assert (up.kernel_size, up.stride) == ((2, 2), (2, 2))

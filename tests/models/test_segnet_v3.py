"""Source: karolcymerys/oxford-iiit-pets-segmentation at 5ab643c, segnet/modelv3.py."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from segnet.models.building import build_model
from segnet.models.segnet_v3 import SegNetV3


def written_out(network: SegNetV3, images: Tensor) -> Tensor:
    """d1 = D1(e5), d2 = D2(cat(d1, e4)), ..., d5 = D5(cat(d4, e1))."""
    features = network.normalize(images)
    stack = []
    for stage in network.encoder.stages:
        before = stage(features)
        features = F.max_pool2d(before, 2, 2, ceil_mode=True)
        stack.append((features, before.shape[-2], before.shape[-1]))
    decoded = None
    for decoder, (skip, height, width) in zip(
        reversed(network.decoder), reversed(stack), strict=True
    ):
        entering = skip if decoded is None else torch.cat([decoded, skip], 1)
        decoded = decoder.blocks(decoder.upsample(entering)[..., :height, :width])
    logits: Tensor = network.head(decoded)
    return logits


@pytest.mark.parametrize("size", [(64, 96), (97, 131), (45, 60)])
def test_pooled_outputs_are_concatenated_behind_the_coarser_decoder(
    size: tuple[int, int],
) -> None:
    network = build_model("segnet_v3", num_classes=3, width=0.125, options={}, seed=0).eval()
    assert isinstance(network, SegNetV3)
    images = torch.rand(1, 3, *size)
    with torch.inference_mode():
        torch.testing.assert_close(network(images), written_out(network, images))


def test_decoders_are_those_of_the_table() -> None:
    with torch.device("meta"):
        network = SegNetV3(11)
    found = [
        [one.upsample.in_channels, *(block[0].out_channels for block in one.blocks)]
        for one in network.decoder
    ]
    assert found == [
        [128, 64],  # and the head, 64 to 11
        [256, 128, 64],
        [512, 256, 256, 128],
        [1024, 512, 512, 256],
        [512, 256, 256, 512],
    ]

"""Each main network can learn four images by heart: whatever blocks that is a bug."""

from __future__ import annotations

import pytest
import torch
from fake_splits import fake_split
from torch.nn import functional as F

from segnet.compute import Compute
from segnet.models.building import build_model
from segnet.scoring.counts import metrics
from segnet.scoring.counts.evaluation import evaluate, network_predictor
from segnet.taxonomy import IGNORE_INDEX

NUM_CLASSES = 4


@pytest.mark.slow
@pytest.mark.parametrize("name", ["segnet_v1", "segnet_v2", "segnet_v3", "unet", "fcn8s"])
def test_network_learns_four_images_by_heart(name: str) -> None:
    size, steps = (32, 48), 120
    split = fake_split(num_images=4, num_classes=NUM_CLASSES, size=size, mask_size=size)
    network = build_model(name, num_classes=NUM_CLASSES, width=0.125, options={}, seed=0)
    images, targets = split.images.float() / 255, split.masks.long()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, total_steps=steps)
    for _ in range(steps):
        loss = F.cross_entropy(network(images), targets, ignore_index=IGNORE_INDEX)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    predict = network_predictor(network, Compute(torch.device("cpu"), "float32"))
    result = evaluate(predict, split, num_classes=NUM_CLASSES)
    assert metrics.miou(result.counts.sum(0)) >= 0.95

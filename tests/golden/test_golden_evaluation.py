"""Tier 2: a committed checkpoint scores what it scored, on eight committed images.

Training has no part in it, so that the band is narrow: what moves the score by more than 1e-3 is a
change of the network, of its input or of the metric. ``tests/golden/make_checkpoint.py`` made all.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from source_mutations import mutated

from segnet.compute import Compute
from segnet.datasets.prepared.tensor_split import ResidentSplit
from segnet.models.building import build_model
from segnet.models.parts.blocks import Normalize, pool
from segnet.models.weight_files import load_weights
from segnet.scoring.counts import metrics
from segnet.scoring.counts.evaluation import evaluate, network_predictor
from segnet.taxonomy import CAMVID_11

GOLDEN = Path(__file__).parent
ACCEPTED = json.loads((GOLDEN / "evaluation.json").read_text())["miou"]
BAND = 1e-3


def score() -> float:
    """The mIoU of the committed weights on the committed images."""
    stored = np.load(GOLDEN / "images.npz")
    images, masks = torch.from_numpy(stored["images"]), torch.from_numpy(stored["masks"])
    split = ResidentSplit(
        images.permute(0, 3, 1, 2),
        masks,
        np.tile(np.array(images.shape[1:3], np.int64), (len(images), 1)),
        np.tile(np.array(masks.shape[1:], np.int64), (len(masks), 1)),
        torch.device("cpu"),
    )
    classes = CAMVID_11.num_classes
    network = build_model("segnet_v1", num_classes=classes, width=0.03, options={}, seed=1)
    load_weights(network, GOLDEN / "segnet_v1.safetensors")
    predict = network_predictor(network, Compute(torch.device("cpu"), "float32"))
    result = evaluate(predict, split, num_classes=classes)
    return float(metrics.miou(result.counts.sum(0)))


def test_committed_checkpoint_scores_what_it_scored() -> None:
    assert score() == pytest.approx(ACCEPTED, abs=BAND)


def test_committed_files_are_small() -> None:
    assert sum(path.stat().st_size for path in GOLDEN.glob("*.*")) <= 300_000
    assert (GOLDEN / "segnet_v1.safetensors").stat().st_size <= 200_000


@pytest.mark.parametrize(
    ("function", "old", "new"),
    [
        (evaluate, 'mode="bilinear", align_corners=False', 'mode="nearest"'),
        (Normalize.forward, "(images - self.mean)", "(images.flip(1) - self.mean)"),
        (
            pool,
            "F.max_pool2d(features, 2, ceil_mode=True, return_indices=True)",
            "F.max_pool2d(-features, 2, ceil_mode=True, return_indices=True)",
        ),
    ],
)
def test_small_mistake_leaves_the_band(function: object, old: str, new: str) -> None:
    assert callable(function)
    with mutated(function, (old, new)):
        assert score() != pytest.approx(ACCEPTED, abs=BAND)

from __future__ import annotations

import numpy as np
import pytest
import torch
from fake_splits import PALETTE, fake_split
from torch import Tensor, nn
from torch.nn import functional as F

from segnet.datasets.prepared.tensor_split import ResidentSplit
from segnet.scoring.counts.evaluation import evaluate
from segnet.taxonomy import IGNORE_INDEX


def color_predictor(images: Tensor) -> Tensor:
    """Logits that are high for the class whose colour a pixel has."""
    palette = torch.from_numpy(PALETTE[:3]).float() / 255
    distance = (images[:, None] - palette[None, :, :, None, None]).abs().sum(2)
    return -20 * distance


def test_perfect_predictor_has_a_diagonal_matrix_and_no_loss() -> None:
    result = evaluate(color_predictor, fake_split(), num_classes=3)
    assert (result.counts.sum(0) == np.diag(np.diagonal(result.counts.sum(0)))).all()
    assert result.counts.sum() == 6 * 15 * 24  # one row of each mask is void
    assert result.cross_entropy < 1e-6
    assert result.dice == pytest.approx(1, abs=1e-6)


def test_scores_are_taken_at_the_size_of_the_labels() -> None:
    result = evaluate(color_predictor, fake_split(mask_size=(48, 72)), num_classes=3)
    assert result.counts.sum() == 6 * 47 * 72
    assert result.predicted.shape == (6, 48, 72)


def test_batch_size_changes_no_count() -> None:
    split = fake_split(mask_size=(32, 48))
    results = [evaluate(color_predictor, split, num_classes=3, batch_size=n) for n in (1, 4)]
    np.testing.assert_array_equal(results[0].counts, results[1].counts)
    np.testing.assert_array_equal(results[0].predicted, results[1].predicted)
    assert results[0].cross_entropy == pytest.approx(results[1].cross_entropy)


def test_loss_and_dice_equal_a_naive_computation() -> None:
    torch.manual_seed(0)
    network = nn.Conv2d(3, 3, 3, padding=1)
    split = fake_split()
    with torch.inference_mode():
        result = evaluate(network, split, num_classes=3, batch_size=4)
        logits = network(split.images.float() / 255)
    targets = split.masks.long()
    expected = F.cross_entropy(logits.double(), targets, ignore_index=IGNORE_INDEX)
    assert result.cross_entropy == pytest.approx(float(expected), rel=1e-5)
    probabilities = logits.double().softmax(1).permute(1, 0, 2, 3)[:, targets != IGNORE_INDEX]
    truth = F.one_hot(targets[targets != IGNORE_INDEX], 3).T
    dice = 2 * (probabilities * truth).sum(1) / (probabilities.sum(1) + truth.sum(1))
    assert result.dice == pytest.approx(float(dice.mean()), rel=1e-5)


def test_images_of_different_sizes_are_scored_without_their_canvas() -> None:
    small, large = fake_split(num_images=2), fake_split(num_images=2, size=(32, 48), seed=1)
    images = torch.full((4, 3, 32, 48), 255, dtype=torch.uint8)
    masks = torch.full((4, 32, 48), 2, dtype=torch.uint8)  # would count, were it scored
    images[:2, :, :16, :24], masks[:2, :16, :24] = small.images, small.masks
    images[2:], masks[2:] = large.images, 1
    sizes = np.array([[16, 24], [16, 24], [32, 48], [32, 48]], np.int64)
    split = ResidentSplit(images, masks, sizes, sizes, torch.device("cpu"))
    result = evaluate(color_predictor, split, num_classes=3)
    alone = evaluate(color_predictor, small, num_classes=3)
    np.testing.assert_array_equal(result.counts[:2], alone.counts)
    assert result.counts[2:].sum() == 2 * 32 * 48
    assert (result.predicted[:2, 16:] == IGNORE_INDEX).all()

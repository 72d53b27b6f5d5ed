from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from fake_splits import fake_split
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torchmetrics.classification import MulticlassCalibrationError

from segnet.scoring.calibration.error import CalibrationSums, expected_calibration_error
from segnet.scoring.calibration.sums import SplitCalibration, calibration_sums
from segnet.scoring.counts.evaluation import evaluate
from segnet.taxonomy import IGNORE_INDEX


def random_batch(seed: int, num_classes: int, scale: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits and targets of three images, a fifth of the pixels void."""
    generator = torch.Generator().manual_seed(seed)
    logits = scale * torch.randn(3, num_classes, 9, 7, generator=generator)
    targets = torch.randint(0, num_classes, (3, 9, 7), generator=generator)
    void = torch.rand(3, 9, 7, generator=generator) < 0.2
    return logits, targets.masked_fill(void, IGNORE_INDEX)


def whole(sums: CalibrationSums) -> CalibrationSums:
    return CalibrationSums(*(one.sum(0) for one in sums))


def logits_of(confidences: list[float]) -> torch.Tensor:
    """One row of pixels with two classes, the first of them with these probabilities."""
    likely = torch.tensor(confidences)
    return torch.stack([likely, 1 - likely]).log()[None, :, None]


def test_error_of_a_hand_worked_row() -> None:
    logits = logits_of([0.75, 0.75, 0.75, 0.75, 0.95, 0.95])
    targets = torch.tensor([[[0, 0, 1, 1, 0, 0]]])
    sums = calibration_sums(logits.softmax(1), targets, num_bins=10)
    np.testing.assert_array_equal(sums.pixels[0], [0, 0, 0, 0, 0, 0, 0, 4, 0, 2])
    np.testing.assert_array_equal(sums.correct[0], [0, 0, 0, 0, 0, 0, 0, 2, 0, 2])
    expected = 4 / 6 * (0.75 - 2 / 4) + 2 / 6 * (1 - 0.95)
    assert float(expected_calibration_error(whole(sums))) == pytest.approx(expected, abs=1e-7)


def test_an_edge_belongs_to_the_bin_below_and_certainty_to_the_last() -> None:
    logits = torch.tensor([[0.0, 40.0], [0.0, -40.0]])[None, :, None]  # confidences 1/2 and 1
    sums = calibration_sums(logits.softmax(1), torch.zeros(1, 1, 2, dtype=torch.int64), num_bins=4)
    np.testing.assert_array_equal(sums.pixels[0], [0, 1, 0, 1])


@given(
    seed=st.integers(0, 2**31),
    num_classes=st.integers(2, 12),
    scale=st.sampled_from([0.1, 1.0, 3.0]),
)
def test_error_equals_a_naive_loop_and_torchmetrics(
    seed: int, num_classes: int, scale: float
) -> None:
    logits, targets = random_batch(seed, num_classes, scale)
    probabilities = logits.softmax(1)
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(15)]
    for image, row, column in np.ndindex(3, 9, 7):
        true = int(targets[image, row, column])
        if true != IGNORE_INDEX:
            likely = int(probabilities[image, :, row, column].argmax())
            confidence = float(probabilities[image, likely, row, column])
            bins[math.ceil(confidence * 15) - 1].append((confidence, likely == true))
    naive = sum(
        abs(sum(right for _, right in one) - sum(confidence for confidence, _ in one))
        for one in bins
    ) / sum(len(one) for one in bins)
    error = float(expected_calibration_error(whole(calibration_sums(logits.softmax(1), targets))))
    assert error == pytest.approx(naive, abs=1e-12)

    oracle = MulticlassCalibrationError(num_classes, n_bins=15, ignore_index=IGNORE_INDEX)
    oracle.update(logits.softmax(1), targets)
    assert error == pytest.approx(float(oracle.compute()), abs=1e-5)  # it adds in float32


def test_batching_changes_no_bit() -> None:
    logits, targets = random_batch(0, 5, 2.0)
    together = calibration_sums(logits.softmax(1), targets)
    for image in range(3):
        alone = calibration_sums(
            logits.softmax(1)[image : image + 1], targets[image : image + 1].byte()
        )
        for one, whole_batch in zip(alone, together, strict=True):
            np.testing.assert_array_equal(one[0], whole_batch[image])


def test_predictions_on_void_pixels_change_nothing() -> None:
    logits, targets = random_batch(1, 5, 2.0)
    other = torch.where((targets == IGNORE_INDEX)[:, None], logits.flip(1) * 3, logits)
    for one, two in zip(
        calibration_sums(logits.softmax(1), targets),
        calibration_sums(other.softmax(1), targets),
        strict=True,
    ):
        np.testing.assert_array_equal(one, two)


def test_error_of_nothing_is_nan() -> None:
    logits, targets = random_batch(2, 3, 1.0)
    sums = calibration_sums(logits.softmax(1), torch.full_like(targets, IGNORE_INDEX))
    assert sums.pixels.sum() == 0
    assert np.isnan(expected_calibration_error(whole(sums)))


def test_split_is_observed_whole_whatever_the_batches() -> None:
    torch.manual_seed(0)
    network = nn.Conv2d(3, 3, 3, padding=1)
    split = fake_split()
    observers = [SplitCalibration(), SplitCalibration()]
    with torch.inference_mode():
        for batch_size, observer in zip((1, 4), observers, strict=True):
            evaluate(network, split, num_classes=3, observe=observer, batch_size=batch_size)
        probabilities = network(split.images.float() / 255).softmax(1)
    expected = whole(calibration_sums(probabilities, split.masks))
    for observer in observers:
        sums = observer.sums()
        np.testing.assert_array_equal(sums.pixels, expected.pixels)
        np.testing.assert_array_equal(sums.correct, expected.correct)
        np.testing.assert_allclose(sums.confidence, expected.confidence, rtol=1e-6)

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchmetrics.classification import MulticlassJaccardIndex

from segnet.errors import UserError
from segnet.scoring.counts import metrics
from segnet.scoring.counts.confusion import confusion_counts
from segnet.taxonomy import IGNORE_INDEX

# hand-worked: 4 + 2 labelled pixels, class 2 occurs in neither map
COUNTS = np.array([[3, 1, 0], [0, 2, 0], [0, 0, 0]], np.int64)


def test_iou_of_a_hand_worked_matrix() -> None:
    np.testing.assert_array_equal(metrics.iou(COUNTS), [3 / 4, 2 / 3, np.nan])


def test_miou_leaves_out_a_class_that_is_in_neither_map() -> None:
    assert metrics.miou(COUNTS) == (3 / 4 + 2 / 3) / 2
    assert metrics.classes_scored(COUNTS) == 2


def test_class_that_is_predicted_but_never_true_scores_zero() -> None:
    counts = np.array([[3, 0, 1], [0, 2, 0], [0, 0, 0]], np.int64)
    assert metrics.iou(counts)[2] == 0
    assert metrics.miou(counts) == (3 / 4 + 1 + 0) / 3
    assert np.isnan(metrics.class_accuracy_each(counts)[2])


def test_accuracies_of_a_hand_worked_matrix() -> None:
    assert metrics.pixel_accuracy(COUNTS) == 5 / 6
    assert metrics.class_accuracy(COUNTS) == (3 / 4 + 1) / 2
    assert metrics.fwiou(COUNTS) == pytest.approx(4 / 6 * 3 / 4 + 2 / 6 * 2 / 3, abs=1e-15)


def test_scores_of_nothing_are_nan() -> None:
    nothing = np.zeros((3, 3), np.int64)
    assert np.isnan(metrics.miou(nothing))
    assert np.isnan(metrics.pixel_accuracy(nothing))
    assert metrics.classes_scored(nothing) == 0


def test_leading_axes_are_batches() -> None:
    stacked = np.stack([COUNTS, COUNTS.T])
    np.testing.assert_array_equal(metrics.miou(stacked)[0], metrics.miou(COUNTS))
    np.testing.assert_array_equal(
        metrics.pixel_accuracy(stacked)[1], metrics.pixel_accuracy(COUNTS)
    )


def random_maps(seed: int, num_classes: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Predictions and truth in which some classes are absent and some pixels are void."""
    generator = torch.Generator().manual_seed(seed)
    present = max(1, num_classes - 2)
    predicted = torch.randint(0, present, (3, 9, 7), generator=generator)
    truth = torch.randint(0, present, (3, 9, 7), generator=generator)
    void = torch.rand(3, 9, 7, generator=generator) < 0.2
    return predicted, truth.masked_fill(void, IGNORE_INDEX)


@given(seed=st.integers(0, 2**31), num_classes=st.integers(3, 12))
def test_counts_equal_a_naive_loop(seed: int, num_classes: int) -> None:
    predicted, truth = random_maps(seed, num_classes)
    naive = np.zeros((3, num_classes, num_classes), np.int64)
    for image, row, column in np.ndindex(3, 9, 7):
        true = int(truth[image, row, column])
        if true != IGNORE_INDEX:
            naive[image, true, int(predicted[image, row, column])] += 1
    np.testing.assert_array_equal(confusion_counts(predicted, truth, num_classes).numpy(), naive)


@given(seed=st.integers(0, 2**31), num_classes=st.integers(3, 12))
def test_miou_and_iou_equal_torchmetrics_and_a_naive_loop(seed: int, num_classes: int) -> None:
    predicted, truth = random_maps(seed, num_classes)
    counts = confusion_counts(predicted, truth, num_classes).sum(0).numpy()

    labelled = truth != IGNORE_INDEX
    naive = []
    for c in range(num_classes):
        either = int((((predicted == c) | (truth == c)) & labelled).sum())
        both = int(((predicted == c) & (truth == c)).sum())
        naive.append(both / either if either else np.nan)
    np.testing.assert_allclose(metrics.iou(counts), naive, rtol=0, atol=1e-12)
    assert float(metrics.miou(counts)) == pytest.approx(np.nanmean(naive), abs=1e-12)

    def oracle(average: str, zero_division: float) -> torch.Tensor:
        metric = MulticlassJaccardIndex(
            num_classes, average=average, ignore_index=IGNORE_INDEX, zero_division=zero_division
        )
        metric.update(predicted, truth)
        # its counts are exact, but it divides in float32; 1e-12 needs doubles
        with mock.patch.object(torch.Tensor, "float", torch.Tensor.double):
            return metric.compute()

    # with average="none" it shows zero_division for an absent class; "macro" leaves the class out
    np.testing.assert_allclose(
        metrics.iou(counts), oracle("none", float("nan")).numpy(), rtol=0, atol=1e-12
    )
    assert float(metrics.miou(counts)) == pytest.approx(float(oracle("macro", 0)), abs=1e-12)


def test_counts_of_images_add_up_to_the_counts_of_the_split() -> None:
    predicted, truth = random_maps(0, 5)
    whole = confusion_counts(predicted.view(1, -1, 7), truth.view(1, -1, 7), 5)
    torch.testing.assert_close(confusion_counts(predicted, truth, 5).sum(0), whole[0])


def test_predictions_on_void_pixels_change_nothing() -> None:
    predicted, truth = random_maps(1, 5)
    other = torch.where(truth == IGNORE_INDEX, (predicted + 1) % 5, predicted)
    assert torch.equal(confusion_counts(predicted, truth, 5), confusion_counts(other, truth, 5))


def test_stray_label_is_an_error() -> None:
    predicted, truth = random_maps(2, 5)
    truth[0, 0, 0] = 99
    with pytest.raises(UserError, match="label 99, but there are 5 classes"):
        confusion_counts(predicted, truth, 5)

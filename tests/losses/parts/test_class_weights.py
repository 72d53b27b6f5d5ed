from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from camvid_label_counts import (
    CAMVID_IMAGE_PIXELS,
    CAMVID_IMAGES,
    CAMVID_PIXELS,
    camvid_counts,
)
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from segnet.datasets.preparing.images import read_labels
from segnet.errors import UserError
from segnet.losses.parts.class_weights import median_frequency

MIRROR = os.environ.get("SEGBENCH_MIRROR")


def test_camvid_weights_are_those_of_the_present_labels() -> None:
    weights = median_frequency(camvid_counts()[:, :11], CAMVID_IMAGE_PIXELS)
    expected = [
        *(0.2793, 0.2017, 4.7865, 0.1490, 1.0000, 0.4217),
        *(3.8467, 1.9736, 0.7889, 6.3747, 8.8587),
    ]
    np.testing.assert_array_equal(weights.round(4), expected)


def test_with_void_in_the_median_camvid_weights_are_as_segnet_counts_them() -> None:
    weights = median_frequency(camvid_counts(), CAMVID_IMAGE_PIXELS)
    expected = [
        *(0.2565, 0.1853, 4.3963, 0.1369, 0.9185, 0.3873),
        *(3.5331, 1.8127, 0.7246, 5.8550, 8.1365),
    ]
    np.testing.assert_array_equal(weights[:11].round(4), expected)


@pytest.mark.slow
@pytest.mark.skipif(MIRROR is None, reason="SEGBENCH_MIRROR is not set")
def test_camvid_counts_are_those_of_its_masks() -> None:
    paths = sorted((Path(str(MIRROR)) / "camvid" / "trainannot").iterdir())
    masks = [read_labels(path) for path in paths]
    counts = np.array([np.bincount(mask.ravel(), minlength=12) for mask in masks])
    assert counts.sum(0).tolist() == CAMVID_PIXELS
    assert (counts > 0).sum(0).tolist() == CAMVID_IMAGES
    assert [mask.size for mask in masks] == CAMVID_IMAGE_PIXELS.tolist()


def test_hand_worked_frequencies_count_only_images_with_the_class() -> None:
    # class 0: 6 of 10 + 30 pixels; class 1: 12 of 30; class 2: 1 of 10
    counts = np.array([[4, 0, 1], [2, 12, 0]])
    weights = median_frequency(counts, np.array([10, 30]))
    np.testing.assert_allclose(weights, [0.15 / 0.15, 0.15 / 0.4, 0.15 / 0.1])


def test_even_number_of_classes_takes_the_mean_of_the_middle_two() -> None:
    weights = median_frequency(np.array([[2, 6]]), np.array([10]))
    np.testing.assert_allclose(weights, [0.4 / 0.2, 0.4 / 0.6])


def test_class_without_a_pixel_weighs_nothing_and_leaves_the_others_alone() -> None:
    counts = camvid_counts()[:, :11]
    without = median_frequency(counts, CAMVID_IMAGE_PIXELS)
    wider = median_frequency(np.insert(counts, 3, 0, axis=1), CAMVID_IMAGE_PIXELS)
    assert wider[3] == 0
    np.testing.assert_array_equal(np.delete(wider, 3), without)


def test_split_without_labels_is_an_error() -> None:
    with pytest.raises(UserError, match="no labelled pixel to weigh classes by"):
        median_frequency(np.zeros((2, 3), np.int64), np.array([10, 10]))


@given(arrays(np.int64, (3, 5), elements=st.integers(1, 1000)), st.permutations(range(3)))
def test_order_of_the_images_and_their_resolution_change_no_weight(
    counts: np.ndarray, order: list[int]
) -> None:
    pixels = counts.sum(1)
    weights = median_frequency(counts, pixels)
    np.testing.assert_allclose(median_frequency(counts[order], pixels[order]), weights)
    np.testing.assert_allclose(median_frequency(4 * counts, 4 * pixels), weights)
    assert np.median(1 / weights) == pytest.approx(1)

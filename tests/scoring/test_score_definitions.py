"""Values that the definitions of scores fix and that no other test would miss."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from fake_splits import fake_split
from torch import nn

from segnet.datasets.preparing.samples import Pair, Sample
from segnet.datasets.preparing.writing import write_dataset
from segnet.errors import UserError
from segnet.scoring.blind_predictors import majority, sample_nearest
from segnet.scoring.boundary.counting import count_boundaries
from segnet.scoring.boundary.f1 import boundary_matches
from segnet.scoring.boundary.iou import band_overlap
from segnet.scoring.boundary.scores import (
    BandOverlap,
    BoundaryMatches,
    boundary_f1,
    boundary_f1_of_images,
)
from segnet.scoring.boundary.store import Boundaries
from segnet.scoring.calibration.sums import SplitCalibration, calibration_sums
from segnet.scoring.counts.confusion import confusion_counts
from segnet.scoring.counts.evaluation import evaluate
from segnet.scoring.scores import scores_from_counts
from segnet.taxonomy import IGNORE_INDEX, Taxonomy

THREE = Taxonomy(("sky", "road", "car"), ((0, 0, 1), (0, 1, 0), (1, 0, 0)))


def test_the_first_label_after_the_last_class_is_an_error() -> None:
    """It would be counted as class 0 of the next image."""
    truth = torch.zeros(2, 2, 2, dtype=torch.int64)
    truth[0, 0, 0] = 3
    with pytest.raises(UserError, match="label 3, but there are 3 classes"):
        confusion_counts(torch.zeros_like(truth), truth, 3)


def test_every_headline_score_is_that_of_its_name() -> None:
    """Counts with another value for each: correct 6 + 1 + 1 of 14 pixels."""
    counts = np.array([[[3, 1, 0], [0, 1, 0], [0, 0, 0]], [[3, 1, 2], [1, 0, 0], [1, 0, 1]]])
    scores = scores_from_counts(counts, THREE, cross_entropy=0.0, dice=0.0)
    ious = [6 / 12, 1 / 4, 1 / 4]
    assert list(scores.iou.values()) == pytest.approx(ious)
    assert scores.miou == pytest.approx(sum(ious) / 3)
    assert scores.pixel_accuracy == pytest.approx(8 / 14)
    assert scores.class_accuracy == pytest.approx((6 / 10 + 1 / 2 + 1 / 2) / 3)
    assert scores.fwiou == pytest.approx((10 * ious[0] + 2 * ious[1] + 2 * ious[2]) / 14)


def test_calibration_and_dice_are_summed_over_all_batches() -> None:
    network, split = nn.Conv2d(3, 3, 3, padding=1), fake_split()
    with torch.inference_mode():
        calibration = SplitCalibration()
        found = evaluate(network, split, num_classes=3, observe=calibration, batch_size=4)
        together = evaluate(network, split, num_classes=3, batch_size=6)
        probabilities = network(split.images.float() / 255).softmax(1)
    sums = calibration_sums(probabilities, split.masks)
    for one, of_images in zip(calibration.sums(), sums, strict=True):
        np.testing.assert_allclose(one, of_images.sum(0), rtol=1e-6)
    assert found.dice == pytest.approx(together.dice, rel=1e-6)
    assert found.cross_entropy == pytest.approx(together.cross_entropy, rel=1e-6)


def dot(row: int, column: int) -> torch.Tensor:
    labels = torch.zeros(1, 360, 480, dtype=torch.uint8)
    labels[0, row, column] = 1
    return labels


@pytest.mark.parametrize(("moved", "matches"), [(4, 1), (5, 0)])
def test_boundaries_match_within_0_75_percent_of_the_diagonal(moved: int, matches: int) -> None:
    """The SegNet paper's tolerance (section 3.3): 4.5 of CamVid's 600 pixels of diagonal."""
    found = boundary_matches(dot(100, 100 + moved), dot(100, 100), 2)
    assert found.true_matched[0, 1] == matches


def test_bands_are_2_percent_of_the_diagonal_wide() -> None:
    """Cheng et al. (arXiv 2103.16562), section 4; their code rounds: 12, and 3.61 is 4."""
    for (height, width), expected in (((360, 480), 12), ((100, 150), 4), ((3, 4), 1)):
        labels = torch.zeros(1, height, width, dtype=torch.uint8)
        assert band_overlap(labels, labels, 2).widths == [expected]


def matches(*, spurious: int, in_truth: bool) -> BoundaryMatches:
    """One image: class 0 is matched whole, class 1 has a predicted boundary alone."""
    return BoundaryMatches(
        predicted=np.array([[10, spurious]]),
        predicted_matched=np.array([[10, 0]]),
        true=np.array([[10, 0]]),
        true_matched=np.array([[10, 0]]),
        in_truth=np.array([[True, in_truth]]),
    )


def test_scores_of_boundaries_are_those_of_the_paper_the_script_and_cheng() -> None:
    """By the paper a class that is not in the truth is not counted; by the script it scores 0.

    The bands of class 0 share 2 + 6 of 8 + 8 pixels in the two images, those of class 1 none of 4.
    The mean over the images would be that of 1/8 and 3/4.
    """
    overlap = BandOverlap(
        intersection=np.array([[2, 0], [6, 0]]),
        union=np.array([[8, 4], [8, 0]]),
        widths=np.array([1, 1]),
    )
    found = Boundaries(
        matches(spurious=0, in_truth=False), matches(spurious=5, in_truth=False), overlap
    ).scores()
    assert found["boundary_f1"] == 1
    assert found["boundary_f1_script"] == 0.5
    assert found["boundary_iou"] == (8 / 16 + 0) / 2


def test_the_classes_of_the_truth_count_unless_another_rule_is_asked_for() -> None:
    one = matches(spurious=5, in_truth=False)
    assert boundary_f1(one) == boundary_f1(one, rule="truth") == 1
    assert boundary_f1_of_images(one) == [1]
    assert boundary_f1(one, rule="either") == 0.5


def test_a_split_is_counted_with_and_without_the_boundaries_of_void() -> None:
    masks = torch.tensor([[[0, 0, IGNORE_INDEX, IGNORE_INDEX, 1, 1]]], dtype=torch.uint8)
    predicted = np.array([[[0, 0, 0, 1, 1, 1]]], np.uint8)
    sizes = np.array([[1, 6]])
    found = count_boundaries(predicted, masks, sizes, 2, device=torch.device("cpu"))
    assert found.matches.true.sum() == 0
    np.testing.assert_array_equal(found.matches_with_void.true, [[1, 1]])


def test_nearest_sampling_takes_the_middle_of_rows_and_columns() -> None:
    column = np.array([[3], [4], [5]], np.uint8)
    np.testing.assert_array_equal(sample_nearest(column, 1, 2), [[4, 4]])
    np.testing.assert_array_equal(sample_nearest(column.T, 2, 1), [[4], [4]])


def test_the_majority_is_of_pixels_not_of_images(tmp_path: Path) -> None:
    def sample(name: str, labels: list[list[int]]) -> Sample:
        mask = np.array(labels, np.uint8)
        return Sample(name, name, lambda: Pair(np.zeros((*mask.shape, 3), np.uint8), mask))

    masks = {"a": [[0, 2, 2, 2, 2]], "b": [[0]], "c": [[0, 1]]}
    samples = {"train": [sample(name, labels) for name, labels in masks.items()]}
    data = write_dataset(tmp_path / "store", THREE, samples, working_size=(2, 2))
    assert majority(data.splits["train"]) == [[2]]

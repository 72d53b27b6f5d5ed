from __future__ import annotations

import math
import os
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

from segnet.errors import UserError
from segnet.scoring.boundary.counting import count_boundaries
from segnet.scoring.boundary.f1 import VoidBoundaries, boundary_matches
from segnet.scoring.boundary.iou import band_overlap
from segnet.scoring.boundary.scores import (
    BoundaryMatches,
    ClassRule,
    boundary_f1,
    boundary_f1_each,
    boundary_f1_of_images,
    boundary_iou,
    boundary_iou_each,
)
from segnet.taxonomy import IGNORE_INDEX

VOID = IGNORE_INDEX
CPU = torch.device("cpu")
MIRROR = os.environ.get("SEGBENCH_MIRROR")
needs_mirror = pytest.mark.skipif(MIRROR is None, reason="SEGBENCH_MIRROR is not set")


def naive_edges(labels: np.ndarray, void: np.ndarray, c: int) -> np.ndarray:
    """The boundary pixels of one class, pixel by pixel; ``void`` says what is not looked at."""
    height, width = labels.shape
    edges = np.zeros((height, width), bool)
    for row, column in np.argwhere((labels == c) & ~void):
        for y, x in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            if 0 <= y < height and 0 <= x < width and not void[y, x] and labels[y, x] != c:
                edges[row, column] = True
    return edges


def near(edges: np.ndarray, reach: float) -> np.ndarray:
    """Where a boundary pixel is within reach, by a distance transform."""
    if not edges.any():
        return np.zeros_like(edges)
    return np.asarray(ndimage.distance_transform_edt(~edges) <= reach + 1e-9)


def naive_bf(
    predicted: np.ndarray,
    mask: np.ndarray,
    num_classes: int,
    *,
    rule: ClassRule,
    void_boundaries: VoidBoundaries,
    tolerance: float,
) -> float:
    """Boundary F1 of one image, class by class as the definition reads."""
    void = (mask == VOID) & (void_boundaries == "excluded")
    reach = tolerance * math.hypot(*mask.shape)
    scores = []
    for c in range(num_classes):
        found, true = naive_edges(predicted, void, c), naive_edges(mask, void, c)
        if not found.any() and not true.any():
            continue
        if rule == "truth" and not (mask == c).any():
            continue
        precision = near(true, reach)[found].mean() if found.any() else 0.0
        recall = near(found, reach)[true].mean() if true.any() else 0.0
        both = precision + recall
        scores.append(2 * precision * recall / both if both else 0.0)
    return float(np.mean(scores)) if scores else math.nan


def naive_overlap(
    predicted: np.ndarray, mask: np.ndarray, num_classes: int, width: int
) -> list[tuple[int, int]]:
    """Intersection and union of the bands of each class, by repeated erosions."""
    void = mask == VOID
    square = np.ones((3, 3), bool)
    counts = []
    for c in range(num_classes):
        bands = []
        for labels in (predicted, mask):
            eroded = (labels == c) | void
            for _ in range(width):
                eroded = ndimage.binary_erosion(eroded, square, border_value=0)
            bands.append((labels == c) & ~void & ~eroded)
        counts.append((int((bands[0] & bands[1]).sum()), int((bands[0] | bands[1]).sum())))
    return counts


def random_maps(
    seed: int, height: int, width: int, num_classes: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Blobs with void and absent classes: a scene, a scene like it, one all void, one unlike it."""
    rng = np.random.default_rng(seed)
    present = rng.choice(num_classes, max(1, num_classes // 2), replace=False)

    def scene() -> np.ndarray:
        noise = rng.normal(size=(len(present), height, width))
        return present[np.argmax([ndimage.gaussian_filter(one, 1.5) for one in noise], 0)]

    truth = scene()
    hidden = ndimage.gaussian_filter(rng.normal(size=(height, width)), 1) > 0.25
    mask = np.where(hidden, VOID, truth)
    masks = np.stack([mask, np.full_like(mask, VOID), mask])
    predicted = np.stack([np.roll(truth, 1, 1), truth, scene()])
    return torch.from_numpy(predicted).byte(), torch.from_numpy(masks).byte()


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**31),
    height=st.integers(1, 23),
    width=st.integers(1, 23),
    num_classes=st.sampled_from([1, 2, 3, 8, 15, 16, 17, 32, 33, 64, 70]),
    rule=st.sampled_from(["truth", "either"]),
    void_boundaries=st.sampled_from(["excluded", "kept"]),
    tolerance=st.sampled_from([0.0075, 0.05, 0.1, 0.2]),
)
def test_boundary_f1_equals_a_naive_loop(
    seed: int,
    height: int,
    width: int,
    num_classes: int,
    rule: ClassRule,
    void_boundaries: VoidBoundaries,
    tolerance: float,
) -> None:
    predicted, masks = random_maps(seed, height, width, num_classes)
    matches = boundary_matches(
        predicted, masks, num_classes, void_boundaries=void_boundaries, tolerance=tolerance
    )
    naive = [
        naive_bf(
            one.numpy(),
            mask.numpy(),
            num_classes,
            rule=rule,
            void_boundaries=void_boundaries,
            tolerance=tolerance,
        )
        for one, mask in zip(predicted, masks, strict=True)
    ]
    np.testing.assert_allclose(boundary_f1_of_images(matches, rule=rule), naive, rtol=0, atol=1e-9)


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**31),
    height=st.integers(1, 23),
    width=st.integers(1, 23),
    num_classes=st.sampled_from([1, 2, 3, 8, 16, 17, 33, 70]),
    share=st.sampled_from([0.02, 0.1, 0.2, 1.0]),
)
def test_band_overlap_equals_a_naive_loop(
    seed: int, height: int, width: int, num_classes: int, share: float
) -> None:
    predicted, masks = random_maps(seed, height, width, num_classes)
    overlap = band_overlap(predicted, masks, num_classes, band_width=share)
    expected_width = max(1, round(share * math.hypot(height, width)))
    np.testing.assert_array_equal(overlap.widths, [expected_width] * 3)
    for image in range(3):
        naive = naive_overlap(
            predicted[image].numpy(), masks[image].numpy(), num_classes, expected_width
        )
        counts = zip(overlap.intersection[image], overlap.union[image], strict=True)
        assert list(counts) == naive


def halves(column: int, *, height: int = 30, width: int = 40) -> torch.Tensor:
    """Class 0 left of ``column``, class 1 from there on. The diagonal is 50 pixels."""
    labels = torch.zeros(1, height, width, dtype=torch.uint8)
    labels[:, :, column:] = 1
    return labels


@pytest.mark.parametrize(("shift", "expected"), [(0, 1.0), (1, 1.0), (2, 1.0), (3, 0.0)])
def test_a_straight_boundary_matches_up_to_the_tolerance(shift: int, expected: float) -> None:
    matches = boundary_matches(halves(20 + shift), halves(20), 2, tolerance=0.04)
    np.testing.assert_array_equal(matches.true, [[30, 30]])
    np.testing.assert_array_equal(matches.predicted, [[30, 30]])
    assert boundary_f1(matches) == expected


def test_the_tolerance_is_a_euclidean_distance() -> None:
    """A dot moved by (3, 4) is 5 pixels away: within a tenth of a diagonal of 50, not in less."""
    masks = torch.zeros(1, 30, 40, dtype=torch.uint8)
    predicted = masks.clone()
    masks[0, 10, 10] = predicted[0, 13, 14] = 1
    for tolerance, expected in ((0.1, 1), (0.0999, 0)):
        assert boundary_matches(predicted, masks, 2, tolerance=tolerance).true_matched[0, 1] == (
            expected
        )


def test_precision_and_recall_of_a_hand_worked_row() -> None:
    """Reach below one pixel. Class 1 has true boundary pixels 2 and 3, predicted ones 3 and 4."""
    masks = torch.tensor([[[0, 0, 1, 1, 0, 0, 0]]], dtype=torch.uint8)
    predicted = torch.tensor([[[0, 0, 0, 1, 1, 0, 2]]], dtype=torch.uint8)
    matches = boundary_matches(predicted, masks, 3)
    np.testing.assert_array_equal(matches.true, [[2, 2, 0]])
    np.testing.assert_array_equal(matches.true_matched, [[0, 1, 0]])
    np.testing.assert_array_equal(matches.predicted, [[2, 2, 1]])
    np.testing.assert_array_equal(matches.predicted_matched, [[0, 1, 0]])
    np.testing.assert_array_equal(boundary_f1_each(matches), [[0, 0.5, 0]])
    assert boundary_f1(matches, rule="truth") == pytest.approx(1 / 4, abs=1e-15)
    assert boundary_f1(matches, rule="either") == pytest.approx(1 / 6, abs=1e-15)


def test_a_contact_with_void_alone_is_a_boundary_only_where_kept() -> None:
    masks = torch.tensor([[[0, 0, VOID, VOID, 1, 1]]], dtype=torch.uint8)
    guess = torch.tensor([[[0, 0, 0, 1, 1, 1]]], dtype=torch.uint8)
    excluded = boundary_matches(guess, masks, 2)
    assert excluded.true.sum() == excluded.predicted.sum() == 0
    assert np.isnan(boundary_f1(excluded))
    kept = boundary_matches(guess, masks, 2, void_boundaries="kept")
    np.testing.assert_array_equal(kept.true, [[1, 1]])
    np.testing.assert_array_equal(kept.predicted, [[1, 1]])
    assert boundary_f1(kept) == 0


def test_predictions_on_void_pixels_change_nothing() -> None:
    predicted, masks = random_maps(3, 20, 21, 5)
    other = torch.where(masks == VOID, (predicted + 1) % 5, predicted)
    for function in (boundary_matches, band_overlap):
        for one, two in zip(function(predicted, masks, 5), function(other, masks, 5), strict=True):
            np.testing.assert_array_equal(one, two)
    assert (boundary_matches(other, masks, 5, void_boundaries="kept").predicted[1] > 0).any()


def test_an_image_without_classes_is_nan_and_left_out_of_the_mean() -> None:
    masks = torch.cat([halves(20), torch.full_like(halves(20), VOID)])
    matches = boundary_matches(torch.cat([halves(20)] * 2), masks, 2)
    np.testing.assert_array_equal(boundary_f1_of_images(matches), [1, np.nan])
    assert boundary_f1(matches) == 1


def test_a_boundary_where_the_truth_has_none_scores_zero() -> None:
    matches = boundary_matches(halves(20), halves(40), 2)  # the truth is all class 0
    np.testing.assert_array_equal(boundary_f1_each(matches), [[0, 0]])
    assert boundary_f1(matches, rule="truth") == 0
    nothing = boundary_matches(halves(40), halves(40), 2)
    assert np.isnan(boundary_f1(nothing))


def test_boundary_iou_of_hand_worked_bands() -> None:
    """Width 1 in 4x6: a class's band is its rim, the border of the image included."""
    overlap = band_overlap(
        halves(4, height=4, width=6), halves(3, height=4, width=6), 2, band_width=0.02
    )
    np.testing.assert_array_equal(overlap.widths, [1])
    # truth: both 4x3 with 10 rim pixels; predicted: 4x4 with 12 rim pixels and 4x2, all rim
    np.testing.assert_array_equal(overlap.intersection, [[8, 6]])
    np.testing.assert_array_equal(overlap.union, [[14, 12]])
    assert boundary_iou(overlap.intersection[0], overlap.union[0]) == pytest.approx(
        (8 / 14 + 6 / 12) / 2, abs=1e-15
    )


def test_boundary_iou_divides_after_adding_and_leaves_absent_classes_out() -> None:
    intersection, union = np.array([[1, 0, 3], [1, 0, 0]]), np.array([[2, 0, 4], [6, 0, 0]])
    each = boundary_iou_each(intersection.sum(0), union.sum(0))
    np.testing.assert_array_equal(each, [2 / 8, np.nan, 3 / 4])
    assert boundary_iou(intersection.sum(0), union.sum(0)) == 0.5


def test_a_class_that_is_all_band_has_its_plain_iou() -> None:
    predicted, masks = random_maps(5, 19, 23, 4)
    overlap = band_overlap(predicted, masks, 4, band_width=1.0)
    labelled = masks != VOID
    for c in range(4):
        one, two = (predicted == c) & labelled, (masks == c) & labelled
        np.testing.assert_array_equal(overlap.intersection[:, c], (one & two).sum((1, 2)))
        np.testing.assert_array_equal(overlap.union[:, c], (one | two).sum((1, 2)))


def test_each_image_of_a_split_is_scored_without_its_canvas() -> None:
    sizes = np.array([[20, 30], [12, 9], [20, 30], [31, 33]])
    predicted = np.full((4, 31, 33), VOID, np.uint8)
    masks = torch.full((4, 31, 33), VOID, dtype=torch.uint8)
    expected = []
    for index, (height, width) in enumerate(sizes):
        maps, labels = random_maps(index, height, width, 3)
        predicted[index, :height, :width] = maps[0].numpy()
        masks[index, :height, :width] = labels[0]
        alone = (maps[:1], labels[:1], 3)
        expected.append((*boundary_matches(*alone), *band_overlap(*alone)))
    for batch_size in (1, 8):
        counts = count_boundaries(predicted, masks, sizes, 3, device=CPU, batch_size=batch_size)
        for found, parts in zip(
            (*counts.matches, *counts.overlap), zip(*expected, strict=True), strict=True
        ):
            np.testing.assert_array_equal(found, np.concatenate(parts))


@pytest.mark.parametrize("function", [boundary_matches, band_overlap])
def test_stray_label_is_an_error(function: object) -> None:
    assert callable(function)
    stray = halves(20)
    stray[0, 0, 0] = 99
    for predicted, masks in ((halves(20), stray), (stray, halves(20))):
        with pytest.raises(UserError, match="the label 99, but there are 2 classes"):
            function(predicted, masks, 2)


@pytest.fixture(scope="module")
def camvid_test() -> torch.Tensor:
    """The 233 masks of CamVid's test split in the order of their names."""
    paths = sorted((Path(str(MIRROR)) / "camvid" / "testannot").iterdir())
    labels = np.stack([np.asarray(Image.open(path)) for path in paths])
    return torch.from_numpy(np.where(labels == 11, VOID, labels).astype(np.uint8))


def bf_with_void_kept(
    predicted: torch.Tensor, masks: torch.Tensor, rule: ClassRule = "truth"
) -> float:
    return boundary_f1(boundary_matches(predicted, masks, 11, void_boundaries="kept"), rule=rule)


@pytest.mark.slow
@needs_mirror
@pytest.mark.parametrize(
    ("shift", "expected"), [(1, 0.98), (2, 0.98), (3, 0.98), (4, 0.98), (5, 0.784), (8, 0.577)]
)
def test_boundary_f1_is_a_step_at_the_tolerance(
    shift: int, expected: float, camvid_test: torch.Tensor
) -> None:
    masks = camvid_test[:40]
    assert bf_with_void_kept(masks, masks) == 1
    rolled = torch.from_numpy(np.roll(masks.numpy(), shift, 2))
    assert bf_with_void_kept(rolled, masks) == pytest.approx(expected, abs=0.005)


def with_blobs(masks: torch.Tensor, *, spacing: int) -> torch.Tensor:
    """The masks with a 4x4 blob of every absent class, each ``spacing`` columns after the last."""
    spoiled = masks.clone()
    for mask, copy in zip(masks, spoiled, strict=True):
        absent = sorted(set(range(11)) - set(mask.unique().tolist()))
        for number, c in enumerate(absent):
            column = 100 + number * spacing
            copy[100:104, column : column + 4] = c
    return spoiled


@pytest.mark.slow
@needs_mirror
def test_a_spurious_class_costs_nothing_by_the_paper_and_a_class_by_the_script(
    camvid_test: torch.Tensor,
) -> None:
    """The published figure 0.913 has the blobs of an image in one place: the last one is seen."""
    masks = camvid_test[:40]
    one_place, apart = with_blobs(masks, spacing=0), with_blobs(masks, spacing=20)
    assert bf_with_void_kept(one_place, masks) == pytest.approx(1, abs=0.001)
    assert bf_with_void_kept(apart, masks) == pytest.approx(1, abs=0.001)
    assert bf_with_void_kept(one_place, masks, "either") == pytest.approx(0.913, abs=0.001)
    present = [len(mask.unique()) - int(VOID in mask) for mask in masks]
    every_class = np.mean(present) / 11  # each absent class adds a zero to the mean of its image
    assert bf_with_void_kept(apart, masks, "either") == pytest.approx(every_class, abs=0.001)


def distance_transform_loop(predicted: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """BF counts with void kept, one distance transform for each class of each map."""
    cross = ndimage.generate_binary_structure(2, 1)
    counts = np.zeros((4, len(masks), 11), np.int64)
    for image, maps in enumerate(zip(predicted, masks, strict=True)):
        for c in range(11):
            found, true = (
                one & ~ndimage.binary_erosion(one, cross, border_value=1)
                for one in (labels == c for labels in maps)
            )
            near_true, near_found = near(true, 4.5), near(found, 4.5)
            pairs = (found, found & near_true, true, true & near_found)
            counts[:, image, c] = [one.sum() for one in pairs]
    return counts


@pytest.mark.slow
@needs_mirror
def test_boundary_f1_takes_a_fifth_of_the_time_of_distance_transforms(
    camvid_test: torch.Tensor, capsys: pytest.CaptureFixture[str]
) -> None:
    """All 233 images, on one thread each, in one run; Boundary IoU is timed beside them.

    Processor time, so that other work on the machine changes nothing.
    """
    predicted = torch.cat([camvid_test[:1], camvid_test[:-1]])
    batches = list(zip(predicted.split(8), camvid_test.split(8), strict=True))
    times = [time.process_time()]
    matches = [boundary_matches(*maps, 11, void_boundaries="kept") for maps in batches]
    times.append(time.process_time())
    for maps in batches:
        band_overlap(*maps, 11)
    times.append(time.process_time())
    looped = distance_transform_loop(predicted.numpy(), camvid_test.numpy())
    times.append(time.process_time())
    f1_s, iou_s, loop_s = np.diff(times)
    with capsys.disabled():
        print(
            f"\nboundary F1 {f1_s:.2f} s, its loop {loop_s:.2f} s: {loop_s / f1_s:.1f}x; "
            f"Boundary IoU {iou_s:.2f} s, both {loop_s / (f1_s + iou_s):.1f}x"
        )
    ours = BoundaryMatches(*(np.concatenate(parts) for parts in zip(*matches, strict=True)))
    np.testing.assert_array_equal(np.stack(ours[:4]), looped)
    theirs = BoundaryMatches(*looped, in_truth=ours.in_truth)
    assert boundary_f1(ours) == pytest.approx(boundary_f1(theirs), abs=1e-9)
    assert f1_s < loop_s / 5, "it was a twelfth"

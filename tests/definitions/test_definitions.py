"""Every definition against the library that it stands for, or a case worked by hand."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest
import segmentation_models_pytorch as smp
import torch
from camvid_stand_in import stand_in
from PIL import Image
from torchmetrics.classification import MulticlassJaccardIndex
from torchmetrics.functional.segmentation import mean_iou
from torchmetrics.segmentation import DiceScore, MeanIoU

from segnet.datasets import camvid
from segnet.datasets.camvid32.classes import CAMVID_32, RAW_CLASSES
from segnet.definitions import other_labels, over_dataset, over_images
from segnet.definitions.evidence import Evidence
from segnet.definitions.explanation import explain, near_target
from segnet.definitions.other_labels import count_resized
from segnet.definitions.pair_counts import count_pairs, with_void
from segnet.definitions.registry import DEFINITIONS

MIRROR = os.environ.get("SEGBENCH_MIRROR")
CLASSES, VOID = 5, 255
NAMES = ("background", "b", "c", "d", "e")


def maps(*, void: bool, none: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Eleven images of 6 x 7 in which classes are missing here and there, 4 everywhere."""
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 4, (11, 6, 7)).astype(np.uint8)
    truth[::2] = np.minimum(truth[::2], 1)
    predicted = np.where(rng.random(truth.shape) < 0.6, truth, rng.integers(0, 3, truth.shape))
    if void:
        truth[:, 0] = VOID
    if none:
        predicted[:, -1, :3] = VOID
    return truth, predicted.astype(np.uint8)


def evidence(*, void: bool, none: bool = False) -> Evidence:
    truth, predicted = maps(void=void, none=none)
    counted = [count_pairs(*pair, CLASSES) for pair in zip(truth, predicted, strict=True)]
    return Evidence(np.stack(counted), NAMES, knows_void=True)


def by_smp(reduction: str) -> float:
    truth, predicted = (torch.from_numpy(one.astype(np.int64)) for one in maps(void=False))
    stats = smp.metrics.get_stats(predicted, truth, mode="multiclass", num_classes=CLASSES)
    return float(smp.metrics.iou_score(*stats, reduction=reduction))


@pytest.mark.parametrize(
    ("definition", "reduction"),
    [
        (over_dataset.absent_is_one, "macro"),
        (over_dataset.micro, "micro"),
        (over_images.absent_is_one, "macro-imagewise"),
        (over_dataset.micro_of_images, "micro-imagewise"),
    ],
)
def test_what_stands_for_smp_equals_it(definition: object, reduction: str) -> None:
    assert definition(evidence(void=False)) == pytest.approx(by_smp(reduction), abs=1e-6)  # type: ignore[operator]


def test_strict_is_torchmetrics_jaccard_index_of_the_whole_split() -> None:
    truth, predicted = (torch.from_numpy(one.astype(np.int64)) for one in maps(void=True))
    metric = MulticlassJaccardIndex(CLASSES, average="macro", ignore_index=VOID)
    expected = float(metric(predicted, truth))
    assert over_dataset.strict_miou(evidence(void=True)) == pytest.approx(expected, abs=1e-6)


def test_image_and_class_pooled_with_void_is_the_metric_of_torchmetrics() -> None:
    truth, predicted = maps(void=True, none=True)
    with_class = (np.where(one == VOID, CLASSES, one) for one in (predicted, truth))
    both = (torch.from_numpy(one.astype(np.int64)) for one in with_class)
    metric = MeanIoU(CLASSES + 1, input_format="index")
    expected = float(metric(*both))
    found = over_images.pooled_with_void(evidence(void=True, none=True))
    assert found == pytest.approx(expected, abs=1e-6)


def test_void_as_a_class_of_images_is_the_function_of_torchmetrics() -> None:
    truth, predicted = maps(void=True, none=True)
    with_class = (np.where(one == VOID, CLASSES, one) for one in (predicted, truth))
    both = (torch.from_numpy(one.astype(np.int64)) for one in with_class)
    expected = float(mean_iou(*both, CLASSES + 1, input_format="index").mean())
    found = over_images.void_is_a_class(evidence(void=True, none=True))
    assert found == pytest.approx(expected, abs=1e-6)


def test_classes_of_either_map_is_torchmetrics_function_where_there_is_no_void() -> None:
    truth, predicted = (torch.from_numpy(one.astype(np.int64)) for one in maps(void=False))
    expected = float(mean_iou(predicted, truth, CLASSES, input_format="index").mean())
    found = over_images.classes_of_either_map(evidence(void=False))
    assert found == pytest.approx(expected, abs=1e-6)
    assert over_images.batches(1)(evidence(void=False)) == pytest.approx(expected, abs=1e-6)


def test_without_background_is_torchmetrics_without_it() -> None:
    truth, predicted = (torch.from_numpy(one.astype(np.int64)) for one in maps(void=False))
    one_image = (predicted.reshape(1, -1), truth.reshape(1, -1))
    metric = MeanIoU(CLASSES, include_background=False, input_format="index")
    expected = float(metric(*one_image))
    found = over_dataset.without_background(evidence(void=False))
    assert found == pytest.approx(expected, abs=1e-6)


def test_f1_is_torchmetrics_dice_of_the_whole_split() -> None:
    truth, predicted = (torch.from_numpy(one.astype(np.int64)) for one in maps(void=False))
    metric = DiceScore(CLASSES, average="none", aggregation_level="global", input_format="index")
    each = metric(predicted, truth)
    expected = float(each[:4].mean())  # class 4 is in neither map
    assert over_dataset.mean_f1(evidence(void=False)) == pytest.approx(expected, abs=1e-6)


def test_dice_ratio_is_that_of_one_hot_maps_batch_by_batch() -> None:
    truth, predicted = maps(void=True, none=True)
    ratios = []
    for start in (0, 8):
        labelled = truth[start : start + 8] != VOID
        y = np.eye(256)[truth[start : start + 8][labelled]][:, :CLASSES]
        p = np.eye(256)[predicted[start : start + 8][labelled]][:, :CLASSES]
        ratios.append(2 * (p * y).sum() / (p + y).sum())
    found = over_images.dice_ratio_of_batches(evidence(void=True, none=True))
    assert found == pytest.approx(np.mean(ratios))


TWO_IMAGES = Evidence(
    np.array(
        [
            [[6, 2, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [1, 1, 0, 2]],
            [[2, 0, 0, 2], [1, 3, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
        ]
    ),
    ("a", "b", "c"),
    knows_void=True,
)
"""Image 1: a 6/8, b 0/2. Image 2: a 2/5, b 3/4. Both: a 8/13, b 3/6. c is nowhere."""


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        (over_dataset.strict_miou, (8 / 13 + 3 / 6) / 2),
        (over_dataset.true_classes_only, (8 / 13 + 3 / 6) / 2),
        (over_dataset.absent_is_zero, (8 / 13 + 3 / 6) / 3),
        (over_dataset.absent_is_one, (8 / 13 + 3 / 6 + 1) / 3),
        (over_dataset.micro, 11 / (16 + 14 - 11)),
        (over_dataset.void_as_class, (8 / 14 + 3 / 7 + 2 / 6) / 3),
        (over_dataset.where_void_is_not_predicted, (8 / 11 + 3 / 6) / 2),
        (over_dataset.pixel_accuracy, 11 / 16),
        (over_dataset.class_accuracy, (8 / 12 + 3 / 4) / 2),
        (over_dataset.frequency_weighted, 12 / 16 * 8 / 13 + 4 / 16 * 3 / 6),
        (over_images.classes_of_either_map, ((6 / 8 + 0) / 2 + (2 / 5 + 3 / 4) / 2) / 2),
        (over_images.classes_of_the_truth, (6 / 8 + (2 / 5 + 3 / 4) / 2) / 2),
        (over_images.absent_is_zero, (6 / 8 + 2 / 5 + 3 / 4) / 6),
        (over_images.absent_is_one, (6 / 8 + 1 + 2 / 5 + 3 / 4 + 1) / 6),
        (over_images.classes_first, ((6 / 8 + 2 / 5) / 2 + (0 + 3 / 4) / 2) / 2),
        (over_images.batches(2), (8 / 13 + 3 / 6) / 2),
    ],
)
def test_two_images_by_hand(definition: object, expected: float) -> None:
    assert definition(TWO_IMAGES) == pytest.approx(expected)  # type: ignore[operator]


def test_a_class_that_is_only_predicted_is_left_out_where_truth_decides() -> None:
    counts = np.array([[[8, 0, 2], [0, 5, 0], [0, 0, 0]]])
    found = Evidence(with_void(counts), ("a", "b", "c"), knows_void=False)
    assert over_dataset.strict_miou(found) == pytest.approx((0.8 + 1 + 0) / 3)
    assert over_dataset.true_classes_only(found) == pytest.approx((0.8 + 1) / 2)


def test_what_needs_masks_is_not_made_up_from_counts() -> None:
    counts_only = Evidence(with_void(np.array([[[8, 2], [1, 9]]])), ("a", "b"), knows_void=False)
    unknown = {row.definition.key for row in explain([counts_only]) if np.isnan(row.value)}
    assert unknown == {
        "void-class",
        "torchmetrics",
        "image-void",
        "half",
        "quarter",
        "bilinear",
        "no-background",
        "validation",
        "32-to-11",
        "11-of-32",
    }
    assert all(one.needs for one in DEFINITIONS if one.key in unknown)


def test_labels_at_half_size_are_every_second_label_of_both_maps() -> None:
    truth = np.kron(np.array([[0, 1], [2, 255]], np.uint8), np.ones((2, 2), np.uint8))
    predicted = truth.copy()
    predicted[0, 0] = 1  # pillow takes the middle of a block: row 1, column 1
    found = count_resized(truth, predicted, 3)["half"]
    assert (found == np.eye(4)).all()


def test_interpolated_labels_are_classes_that_nobody_drew() -> None:
    truth = np.zeros((8, 16), np.uint8)
    truth[:, 7:] = 4
    found = count_resized(truth, truth, 5)
    assert found["half"][1:4].sum() == 0
    assert found["bilinear"][1:4].sum() > 0
    picture = np.asarray(Image.fromarray(truth).resize((8, 4), Image.Resampling.BILINEAR))
    assert found["bilinear"].sum(1).tolist() == np.bincount(picture.ravel(), minlength=6).tolist()


def raw_evidence() -> Evidence:
    """Archway as Building, Sky as Sky, Car as Train, Truck_Bus as Void; Void as Void."""
    place = {name: at for at, name in enumerate(CAMVID_32.names)}
    pairs = np.zeros((1, 33, 33), np.int64)
    for true, found, pixels in (
        ("Archway", "Building", 10),
        ("Sky", "Sky", 20),
        ("Car", "Train", 5),
        ("Car", "Car", 5),
        ("Truck_Bus", "Void", 10),
        ("Void", "Void", 30),
    ):
        pairs[0, place[true], place[found]] = pixels
    return Evidence(pairs, CAMVID_32.names, knows_void=True)


def test_merging_classes_forgives_what_was_mixed_up_within_a_group() -> None:
    found = raw_evidence()
    assert over_dataset.strict_miou(found) == pytest.approx((0 + 0 + 1 + 0.5 + 0 + 0 + 0.75) / 7)
    assert other_labels.merged_into_eleven(found) == pytest.approx((1 + 1 + 0.5) / 3)


def test_leaving_out_21_classes_forgives_all_of_them() -> None:
    kept = [one.name for one in RAW_CLASSES if one.name in ("Sky", "Car", "Sidewalk")]
    assert len(kept) == 3
    assert other_labels.eleven_of_the_32(raw_evidence()) == pytest.approx((1 + 0.5) / 2)


def test_keys_are_unique_and_the_table_has_what_the_issue_asks_for() -> None:
    keys = [one.key for one in DEFINITIONS]
    assert len(set(keys)) == len(keys) >= 15
    assert keys[0] == "strict"
    assert all(re.fullmatch("[a-z0-9-]+", key) for key in keys)


def test_a_target_finds_the_definitions_within_a_point_the_nearest_first() -> None:
    rows = explain([TWO_IMAGES])
    near = near_target(rows, 0.5579)
    assert near[0].definition.key in ("strict", "truth-classes", "batch-4", "batch-8", "batch-16")
    assert all(abs(one.value - 0.5579) <= 0.01 for one in near)
    assert near_target(rows, 0.1) == ()


def test_numbers_of_several_seeds_are_means() -> None:
    other = Evidence(TWO_IMAGES.pairs.swapaxes(1, 2), TWO_IMAGES.class_names, knows_void=True)
    (row,) = (one for one in explain([TWO_IMAGES, other]) if one.definition.key == "pixel-accuracy")
    expected = (over_dataset.pixel_accuracy(TWO_IMAGES) + over_dataset.pixel_accuracy(other)) / 2
    assert row.value == pytest.approx(expected)


@pytest.mark.slow
@pytest.mark.skipif(MIRROR is None, reason="SEGBENCH_MIRROR is not set")
def test_the_labels_of_the_frame_before_have_the_values_that_were_computed_independently() -> None:
    pairs = camvid.find_pairs(Path(str(MIRROR)) / "camvid")["test"]
    masks = [camvid.read_pair(*pair).mask for pair in pairs.values()]
    sequences = [camvid.sequence_of(name) for name in pairs]

    def values(*, keep_void: bool) -> dict[str, float]:
        predicted = stand_in(masks, sequences, keep_void=keep_void)
        counted = [count_pairs(*pair, 11) for pair in zip(masks, predicted, strict=True)]
        found = Evidence(np.stack(counted), camvid.CAMVID_11.names, knows_void=True)
        return {row.definition.key: row.value for row in explain([found])}

    found = values(keep_void=False)
    assert values(keep_void=True)["image-void"] == pytest.approx(0.4009, abs=1e-4)
    for key, value in {
        "strict": 0.4370,
        "image-either": 0.4359,
        "image-truth": 0.4439,
        "image-zero": 0.3847,
        "image-one": 0.4959,
        "classes-first": 0.4040,
        "batch-4": 0.4165,
        "batch-8": 0.4057,
        "batch-16": 0.3958,
        "void-class": 0.3857,
        "micro": 0.6686,
        "pixel-accuracy": 0.8014,
        "class-accuracy": 0.5591,
    }.items():
        assert found[key] == pytest.approx(value, abs=1e-4), key

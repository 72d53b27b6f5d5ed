"""Tier 0: the twelve ways to a wrong number that published code has gone, each named after it.

Every test runs its check three times: as the code is, with a mutation that opens the trap again,
under which it must fail, and once more as the code is.
"""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from camvid_label_counts import CAMVID_IMAGE_PIXELS, camvid_counts
from fake_project import write_params
from fake_results import GOOD, PERFECT, fake_bench, write_cell
from fake_splits import fake_split
from jaxtyping import UInt8
from source_mutations import assert_goes_red

from pipelines import evaluate as evaluate_stage
from pipelines import train as train_stage
from segnet.datasets.prepared.store import PreparedDataset, read_dataset
from segnet.datasets.prepared.tensor_split import load_resident
from segnet.datasets.preparing import writing as preparation
from segnet.datasets.preparing.samples import Pair, Sample, decode
from segnet.datasets.preparing.writing import write_dataset
from segnet.datasets.voc.lists import IdList, Protocol, protocol_lists
from segnet.errors import UserError
from segnet.losses.building import build_loss
from segnet.losses.dice import dice
from segnet.losses.parts.class_weights import median_frequency
from segnet.losses.parts.soft_dice import soft_dice
from segnet.paths import cell_report_folder, prepared_folder
from segnet.reporting.captions import notes_on
from segnet.reporting.comparison import compare_cells as compare_results
from segnet.results.cells import cells_of, load_results
from segnet.results.records import DataFacts, EvaluationRecord
from segnet.scoring.counts import metrics
from segnet.scoring.counts.confusion import confusion_counts
from segnet.scoring.counts.evaluation import SplitResult, evaluate
from segnet.scoring.scores import read_counts, scores_from_counts
from segnet.statistics.blocks import plan_blocks
from segnet.statistics.intervals import ONE_SEED
from segnet.statistics.jackknife import jackknife
from segnet.statistics.margins import compare_pairs, interval
from segnet.taxonomy import CAMVID_11, IGNORE_INDEX, Taxonomy
from segnet.training.augmentation import augment_batch, draw
from segnet.training.recipe import Augmentation

TWO = Taxonomy(("road", "sky"), ((128, 64, 128), (70, 130, 180)))
CELL = "streets-segnet_v1-ce-s0"


def prepare(
    folder: Path, masks: dict[str, list[UInt8[np.ndarray, "h w"]]], *, working: tuple[int, int]
) -> PreparedDataset:
    """A data set of these masks; the image shows the label, and void as class 0."""

    def read(mask: UInt8[np.ndarray, "h w"]) -> Pair:
        shown = np.where(mask == IGNORE_INDEX, 0, mask * np.uint8(20))
        return Pair(np.repeat(shown[..., None], 3, 2).astype(np.uint8), mask)

    samples = {
        split: [
            Sample(f"{split}{number:02d}", split, partial(read, mask))
            for number, mask in enumerate(of_split)
        ]
        for split, of_split in masks.items()
    }
    return write_dataset(folder, CAMVID_11, samples, working_size=working)


def predict_what_the_image_shows(data: PreparedDataset) -> SplitResult:
    """Score the predictor that reads the label from the image of :func:`prepare`."""

    def predict(images: torch.Tensor) -> torch.Tensor:
        shown = (images[:, :1] * 255 / 20).round()
        labels = torch.arange(CAMVID_11.num_classes).view(1, -1, 1, 1)
        return -10 * (shown - labels).abs()

    split = load_resident(data.splits["test"], torch.device("cpu"))
    return evaluate(predict, split, num_classes=CAMVID_11.num_classes)


def random_mask(seed: int, height: int, width: int) -> UInt8[np.ndarray, "h w"]:
    """Labels 0..10 and void, pixel by pixel."""
    labels = np.random.default_rng(seed).integers(0, 12, (height, width))
    return np.where(labels == 11, IGNORE_INDEX, labels).astype(np.uint8)


def test_per_batch_or_per_image_miou() -> None:
    counts = np.array([[[9, 1], [0, 0]], [[0, 0], [5, 5]]] * 2)

    def check() -> None:
        # the sum of the four is [[18, 2], [10, 10]]: IoU 18/30 and 10/22
        assert scores_from_counts(counts, TWO, cross_entropy=0.0, dice=0.0).miou == pytest.approx(
            (18 / 30 + 10 / 22) / 2
        )

    line = "miou=float(metrics.miou(total))"
    per_image = "miou=float(metrics.miou(counts).mean())"
    # batches of one and three images: batches alike would hide the trap
    per_batch = (
        "miou=float(np.mean([metrics.miou(counts[:1].sum(0)), metrics.miou(counts[1:].sum(0))]))"
    )
    assert_goes_red(check, scores_from_counts, (line, per_image))
    assert_goes_red(check, scores_from_counts, (line, per_batch))


def test_absent_classes_counted_0_or_1() -> None:
    counts = np.array([[3, 1, 0], [1, 3, 0], [0, 0, 0]])

    def check() -> None:
        assert metrics.miou(counts) == pytest.approx(3 / 5)
        assert metrics.classes_scored(counts) == 2

    for value in ("0.0", "1.0"):
        wrong = f"np.nan_to_num(_divide(correct, union), nan={value})"
        assert_goes_red(check, metrics.iou, ("_divide(correct, union)", wrong))


def test_void_or_padding_scored(tmp_path: Path) -> None:
    masks = [random_mask(0, 16, 24), random_mask(1, 20, 16)]

    def check() -> None:
        data = prepare(tmp_path / "data", {"test": masks}, working=(64, 64))
        counts = predict_what_the_image_shows(data).counts
        assert counts.sum((1, 2)).tolist() == [(mask != IGNORE_INDEX).sum() for mask in masks]
        assert metrics.miou(counts.sum(0)) == 1  # void shows class 0: scored, it would be wrong

    void_is_a_class = (
        "labelled = truth != IGNORE_INDEX",
        "truth = truth.where(truth != IGNORE_INDEX, num_classes - 1); labelled = truth >= 0",
    )
    assert_goes_red(check, confusion_counts, void_is_a_class)
    padding_is_background = (
        ("fill=IGNORE_INDEX", "fill=0"),
        ('"mask_sizes": mask_sizes', '"mask_sizes": [[20, 24]] * 2'),
        ('"image_sizes": image_sizes', '"image_sizes": [[20, 24]] * 2'),
    )
    assert_goes_red(check, preparation._write_split, *padding_is_background)


def test_labels_resized_bilinearly() -> None:
    split = fake_split(num_classes=2, size=(16, 24), mask_size=(32, 48))
    split.masks[split.masks == 1] = 8
    batch = split.batch(torch.arange(len(split)))
    draws = draw(len(split), torch.Generator().manual_seed(0))
    augmentation = Augmentation(scale=(0.5, 2.0), rotation_degrees=20)

    def check() -> None:
        _, targets = augment_batch(batch, draws, augmentation, size=(16, 24))
        assert set(targets.unique().tolist()) == {0, 8, IGNORE_INDEX}

    assert_goes_red(check, augment_batch, ('mode="nearest"', 'mode="bilinear"'))


def test_scored_at_resized_labels(tmp_path: Path) -> None:
    mask = np.zeros((32, 48), np.uint8)
    mask[:, 7:] = 1  # an odd border, which half the size cannot hold

    def check() -> None:
        data = prepare(tmp_path / "data", {"test": [mask]}, working=(16, 24))
        counts = predict_what_the_image_shows(data).counts
        assert counts.sum() == 32 * 48
        assert metrics.pixel_accuracy(counts.sum(0)) < 1

    resized = (
        "shrink(image, working_size), mask,",
        "shrink(image, working_size), np.asarray(Image.fromarray(mask).resize("
        "working_size[::-1], Image.Resampling.NEAREST)),",
    )
    assert_goes_red(check, decode, resized)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with prepared data of one small cell, trained; its splits share no mask."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEGBENCH_DEVICE", "cpu")
    monkeypatch.setenv("SEGBENCH_THREADS", "1")
    monkeypatch.setenv("SEGBENCH_TRACKING", "off")
    write_params(tmp_path, {"bench.total_epochs": 2, "bench.validate_every_epochs": 1})
    masks = {
        split: [random_mask(first + number, 24, 32) for number in range(size)]
        for split, first, size in (("train", 0, 4), ("val", 10, 3), ("test", 20, 3))
    }
    prepare(prepared_folder("demo", "streets"), masks, working=(24, 32))
    train_stage.main("streets", "segnet_v1", "ce", 0)
    return tmp_path


@pytest.mark.slow
def test_validation_reported_as_test(project: Path) -> None:
    def check() -> None:
        evaluate_stage.main("streets", "segnet_v1", "ce", 0)
        folder = cell_report_folder("demo", CELL)
        test = read_dataset(prepared_folder("demo", "streets")).splits["test"]
        for one in EvaluationRecord.read(folder).evaluations:
            assert (one.split, one.num_images) == ("test", len(test))
            of_truth = read_counts(folder, one.checkpoint).sum(2)
            assert np.array_equal(of_truth, test.class_counts)

    assert_goes_red(check, evaluate_stage.main, ('opened.split("test")', 'opened.split("val")'))


@pytest.mark.slow
def test_selection_on_test(project: Path) -> None:
    masks = prepared_folder("demo", "streets") / "test/masks.npy"
    history = cell_report_folder("demo", CELL) / "history.csv"
    selected = project / f"runs/demo/{CELL}/selected.safetensors"
    right = np.load(masks)

    def check() -> None:
        found = []
        for labels in (right, np.roll(right, 1, axis=1)):
            np.save(masks, labels)
            train_stage.main("streets", "segnet_v1", "ce", 0)
            scores = [line.split(",")[3] for line in history.read_text().splitlines()]
            found.append((scores, selected.read_bytes()))
        assert found[0] == found[1]

    assert_goes_red(check, train_stage.train, ('opened.split("val")', 'opened.split("test")'))


def test_stale_camvid_weights() -> None:
    counts = camvid_counts()[:, :11]

    def check() -> None:
        weights = median_frequency(counts, CAMVID_IMAGE_PIXELS)
        # of the labels of November 2015, which were replaced within a month, SignSymbol has 9.64
        assert weights[CAMVID_11.names.index("SignSymbol")] == pytest.approx(3.85, abs=0.005)
        loss = build_loss(
            "ce",
            {"class_weights": "median_frequency"},
            class_counts=counts,
            image_pixels=CAMVID_IMAGE_PIXELS,
        )
        logits = torch.zeros(1, 11, 1, 2)
        logits[0, 6, 0, 0] = 5.0  # of two pixels, SignSymbol is right and Sky undecided
        right, undecided = math.log1p(10 * math.exp(-5)), math.log(11)
        expected = (3.8467 * right + 0.2793 * undecided) / (3.8467 + 0.2793)
        found = float(loss(logits, torch.tensor([[[6, 0]]])))
        assert found == pytest.approx(expected, rel=1e-4)

    copied = (
        "return weights",
        "return np.array([0.2595, 0.1826, 4.5640, 0.1417, 0.9051, 0.3826, 9.6446, 1.8418, 0.6823, "
        "6.2478, 7.3614])",
    )
    assert_goes_red(check, median_frequency, copied)


def test_overlapping_voc_lists(tmp_path: Path) -> None:
    protocol = Protocol("ours", IdList("train.txt", 3), IdList("val.txt", 2), devkit=None)
    (tmp_path / "train.txt").write_text("2007_000032\n2007_000039\n2007_000063\n")
    (tmp_path / "val.txt").write_text("2007_000033\n2007_000063\n")

    def check() -> None:
        try:
            protocol_lists(tmp_path, protocol)
        except UserError as error:
            message = str(error)
        else:
            message = ""
        assert "train.txt and val.txt share 2007_000063" in message

    line = "require_disjoint({protocol.train.path: train, protocol.test.path: test})"
    assert_goes_red(check, protocol_lists, (line, "pass"))


def test_dice_scale_that_depends_on_the_batch() -> None:
    def check() -> None:
        for present in (2, 11):
            truth = torch.arange(present).repeat(6)[None, None]
            wrong = torch.nn.functional.one_hot((truth + 1) % present, 11).permute(0, 3, 1, 2)
            assert float(dice(100.0 * wrong, truth)) == pytest.approx(1)

    assert_goes_red(check, soft_dice, ("occurs.sum().clamp(min=1)", "num_classes"))


def test_frames_of_a_video_counted_as_independent() -> None:
    # 240 frames of one video: in every stretch of 40 the predictor is either good or bad
    good, bad = [[90, 10], [10, 90]], [[60, 40], [40, 60]]
    counts = np.array([good if frame // 40 % 2 else bad for frame in range(240)])

    def image_sd(sequences: list[str]) -> float:
        return interval(jackknife({"m": counts[None]}, plan_blocks(sequences))["m"]).image_sd

    def check() -> None:
        stills = image_sd([f"image{frame}" for frame in range(240)])
        assert image_sd(["clip"] * 240) > 2 * stills

    one_by_one = ("max(1, round(len(frames) / block_frames))", "len(frames)")
    assert_goes_red(check, plan_blocks, one_by_one)


def test_a_single_seed_presented_as_a_ranking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    bench = fake_bench(seeds=[0])
    for cell in cells_of(bench):
        write_cell(bench, cell, PERFECT if cell.model == "fcn8s" else GOOD)
    facts = DataFacts(title="Fake", synthetic=True, source="none", licence="none", citation="none")
    counts = {"a": np.stack([PERFECT] * 9)[:, 0][None], "b": np.stack([GOOD] * 9)[:, 0][None]}
    jackknifed = jackknife(counts, plan_blocks([f"{i}" for i in range(9)]))

    def check() -> None:
        (difference,) = compare_pairs(jackknifed, ("a", "b"))
        assert difference.sign == 1  # of these weights, on such images
        assert difference.remark == ONE_SEED
        (table,) = compare_results(load_results(bench, {"streets": facts}))
        assert any("A single run" in note for note in table.notes)

    seeds = "seeds=(len(seeds[0]), len(seeds[1]))"
    assert_goes_red(check, compare_pairs, (seeds, "seeds=(3, 3)"))
    assert_goes_red(check, notes_on, ("if single:", "if False:"))

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from segnet.datasets.prepared.store import PreparedDataset
from segnet.datasets.preparing.samples import Pair, Sample
from segnet.datasets.preparing.writing import write_dataset
from segnet.errors import UserError
from segnet.grid import BLIND_PREDICTORS, Cell
from segnet.results.records import EvaluationRecord
from segnet.scoring.blind_predictors import BLIND_MAPS, blind_counts, prior, sample_nearest
from segnet.scoring.scores import read_counts, scores_from_counts
from segnet.taxonomy import IGNORE_INDEX, Taxonomy

V = IGNORE_INDEX
THREE = Taxonomy(("sky", "road", "car"), ((0, 0, 1), (0, 1, 0), (1, 0, 0)))
Mask = Sequence[Sequence[int]]


def dataset_of(folder: Path, train: Sequence[Mask], test: Sequence[Mask]) -> PreparedDataset:
    def sample(name: str, labels: Mask) -> Sample:
        mask = np.array(labels, np.uint8)
        return Sample(name, name, lambda: Pair(np.zeros((*mask.shape, 3), np.uint8), mask))

    splits = {
        split: [sample(f"{split}{number}", mask) for number, mask in enumerate(masks)]
        for split, masks in (("train", train), ("test", test))
    }
    return write_dataset(folder / "store", THREE, splits, working_size=(2, 2))


def naive_counts(truth: Mask, predicted: Mask) -> npt.NDArray[np.int64]:
    counts = np.zeros((3, 3), np.int64)
    for true_row, predicted_row in zip(truth, predicted, strict=True):
        for label, guess in zip(true_row, predicted_row, strict=True):
            if label != V:
                counts[label, guess] += 1
    return counts


def test_majority_predicts_the_most_frequent_class_everywhere(tmp_path: Path) -> None:
    truth = [[0, 1, V], [2, 1, V]]
    data = dataset_of(tmp_path, [[[1, 1, 0]], [[1, V, V]]], [truth, [[0]]])
    counts = blind_counts(data, "majority")
    np.testing.assert_array_equal(counts[0], naive_counts(truth, [[1, 1, 1], [1, 1, 1]]))
    np.testing.assert_array_equal(counts[1], naive_counts([[0]], [[1]]))
    assert counts.dtype == np.int64


def test_prior_predicts_the_most_frequent_class_of_each_position(tmp_path: Path) -> None:
    train = [[[0, 1, 2], [1, V, 0]], [[0, 2, 2], [1, V, V]], [[1, 2, 1], [1, V, 2]]]
    truth = [[0, 0, V], [2, 1, 0]]
    data = dataset_of(tmp_path, train, [truth])
    # Bottom middle is never labelled: the majority class 1. Bottom right is a tie: the lower label.
    np.testing.assert_array_equal(prior(data.splits["train"]), [[0, 2, 2], [1, 1, 0]])
    np.testing.assert_array_equal(
        blind_counts(data, "prior"), [naive_counts(truth, [[0, 2, 2], [1, 1, 0]])]
    )


def test_prior_of_masks_of_other_sizes_is_stretched(tmp_path: Path) -> None:
    train = [[[0, 1]], [[0, 0, 2, 2], [1, 1, 2, 2]], [[0, 0, 2, 2], [1, 1, 2, 2]]]
    truth = [[0, 2], [1, 2], [1, 2], [1, 1]]
    data = dataset_of(tmp_path, train, [truth])
    np.testing.assert_array_equal(prior(data.splits["train"]), [[0, 0, 2, 2], [1, 1, 2, 2]])
    predicted = [[0, 2], [0, 2], [1, 2], [1, 2]]
    np.testing.assert_array_equal(blind_counts(data, "prior"), [naive_counts(truth, predicted)])


def test_nearest_sampling_takes_the_pixel_that_the_centre_lies_in() -> None:
    row = np.array([[3, 4, 5]], np.uint8)
    assert sample_nearest(row, 1, 6).tolist() == [[3, 3, 4, 4, 5, 5]]
    assert sample_nearest(row, 2, 1).tolist() == [[4], [4]]
    np.testing.assert_array_equal(sample_nearest(row, 1, 3), row)


def test_the_registry_is_what_the_configuration_knows() -> None:
    assert tuple(BLIND_MAPS) == BLIND_PREDICTORS


def test_an_unknown_baseline_is_an_error(tmp_path: Path) -> None:
    data = dataset_of(tmp_path, [[[0]]], [[[0]]])
    with pytest.raises(UserError, match=r"unknown blind predictor 'priors'\. Did you mean 'prior'"):
        blind_counts(data, "priors")


def test_the_stage_leaves_a_record_the_headline_and_the_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.blind_predictors import evaluate_blind

    monkeypatch.chdir(tmp_path)
    data = dataset_of(tmp_path, [[[1, 1, 0]]], [[[1, 1, 0, V]], [[2, 1]]])
    cell = Cell(bench="small", dataset="toy", model="majority", loss="none", seed=0)
    evaluate_blind(cell, data)
    folder = tmp_path / "reports/small/runs/toy-majority-none-s0"
    record = EvaluationRecord.read(folder)
    assert record.cell == cell
    assert record.image_names == ("test0", "test1")
    assert record.provenance.data_fingerprint == data.fingerprint
    (evaluation,) = record.evaluations
    scores = evaluation.scores
    assert (evaluation.checkpoint, evaluation.epoch, evaluation.num_images) == ("selected", 0, 2)
    assert scores.iou == {"sky": 0.0, "road": 0.6, "car": 0.0}
    assert (scores.pixel_accuracy, scores.classes_scored) == (0.6, 3)
    assert math.isnan(scores.cross_entropy)
    headline = json.loads((folder / "metrics.json").read_text())
    assert set(headline) == {"miou", "pixel_accuracy", "class_accuracy", "fwiou"}
    assert headline["miou"] == pytest.approx(0.2)
    assert headline["class_accuracy"] == pytest.approx(1 / 3)
    assert headline["fwiou"] == pytest.approx(0.6 * 0.6)
    counts = read_counts(folder, "selected")
    assert counts.dtype == np.int64
    np.testing.assert_array_equal(counts, blind_counts(data, "majority"))
    assert scores_from_counts(counts, THREE, cross_entropy=0.0, dice=0.0).miou == pytest.approx(0.2)

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from fake_results import TWO_CLASSES, fake_prepared

from segnet.errors import UserError
from segnet.reporting.prediction_figure import collect_examples, pick_examples, read_predictions


def test_the_best_the_median_and_the_worst_images_are_picked() -> None:
    scores = np.array([0.1, 0.9, 0.5, 0.8, 0.4, 0.3, 0.6, 0.2])
    # In falling order: 1 3 6 2 4 5 7 0.
    assert pick_examples(scores) == (
        ("best", 1),
        ("best", 3),
        ("median", 2),
        ("median", 4),
        ("worst", 7),
        ("worst", 0),
    )


def test_images_without_a_score_are_not_picked() -> None:
    assert pick_examples(np.array([math.nan, 0.5, math.nan, 0.7]), each=1) == (
        ("best", 3),
        ("worst", 1),
    )
    assert pick_examples(np.array([math.nan])) == ()


@pytest.mark.parametrize("count", range(8))
def test_no_image_is_picked_twice(count: int) -> None:
    picked = [index for _, index in pick_examples(np.linspace(0, 1, count))]
    assert len(set(picked)) == len(picked) == min(count, 6)


def test_examples_are_cut_out_of_their_canvas() -> None:
    test = fake_prepared(1, TWO_CLASSES).splits["test"]
    test.mask_sizes[0] = np.array([3, 5])
    test.image_sizes[0] = np.array([6, 10])
    (example,) = collect_examples(test, {"model": test.masks}, np.array([0.5]), each=1)
    assert example.image.shape == (6, 10, 3)
    assert example.truth.shape == example.predicted["model"].shape == (3, 5)
    assert (example.kind, example.name, example.miou) == ("best", "image0", 0.5)


def test_predictions_of_other_data_are_an_error() -> None:
    test = fake_prepared(2, TWO_CLASSES).splits["test"]
    with pytest.raises(UserError, match=r"have shape \(2, 5, 8\), the test masks \(2, 6, 8\)"):
        collect_examples(test, {"model": test.masks[:, :5]}, np.array([0.5, 0.6]))


def test_predictions_that_are_not_there_are_none(tmp_path: Path) -> None:
    assert read_predictions(tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut short", b"\x93NUMPY"])
def test_damaged_predictions_are_named_with_what_to_do(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "predictions.npz").write_bytes(content)
    with pytest.raises(
        UserError, match=r"predictions\.npz is damaged.*Delete it and run `dvc repro`"
    ):
        read_predictions(tmp_path)


def test_predictions_with_a_flipped_byte_are_damaged(tmp_path: Path) -> None:
    path = tmp_path / "predictions.npz"
    np.savez_compressed(path, selected=np.random.default_rng(0).integers(0, 9, (4, 30, 30)))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"predictions\.npz is damaged"):
        read_predictions(tmp_path)
    np.savez_compressed(path, last=np.zeros(3))
    with pytest.raises(UserError, match=r"predictions\.npz has no .* of checkpoint 'selected'"):
        read_predictions(tmp_path)

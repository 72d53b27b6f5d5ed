from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from segnet.errors import UserError
from segnet.grid import Cell
from segnet.results.provenance import collect_provenance
from segnet.results.records import CHECKPOINTS, Evaluation, EvaluationRecord
from segnet.scoring.scores import read_counts, scores_from_counts, write_evaluation
from segnet.taxonomy import Taxonomy

TWO = Taxonomy(("land", "water"), ((0, 128, 0), (0, 0, 128)))
SELECTED = np.array([[[3, 1], [0, 0]], [[2, 0], [0, 0]]], np.int64)
LAST = np.array([[[0, 0], [0, 0]], [[2**33, 0], [0, 1]]], np.int64)


def write(folder: Path) -> EvaluationRecord:
    counts = dict(zip(CHECKPOINTS, (SELECTED, LAST), strict=True))
    evaluations = tuple(
        Evaluation(
            checkpoint=checkpoint,
            epoch=1,
            split="test",
            num_images=2,
            scores=scores_from_counts(one, TWO, cross_entropy=0.5, dice=math.nan),
        )
        for checkpoint, one in counts.items()
    )
    record = EvaluationRecord(
        cell=Cell(bench="small", dataset="toy", model="net", loss="ce", seed=0),
        evaluations=evaluations,
        image_names=("a", "b"),
        provenance=collect_provenance(
            device="cpu", precision="float32", threads=1, data_fingerprint="f"
        ),
    )
    write_evaluation(folder, record, counts)
    return record


def test_counts_of_all_images_are_added_before_dividing() -> None:
    scores = scores_from_counts(SELECTED, TWO, cross_entropy=0.5, dice=0.25)
    assert scores.iou == {"land": 5 / 6, "water": 0.0}
    assert scores.miou == pytest.approx(5 / 12)
    assert scores.pixel_accuracy == pytest.approx(5 / 6)
    assert scores.accuracy["land"] == pytest.approx(5 / 6)
    assert math.isnan(scores.accuracy["water"])
    assert (scores.classes_scored, scores.cross_entropy, scores.dice) == (2, 0.5, 0.25)


def test_an_evaluation_is_read_back(tmp_path: Path) -> None:
    record = write(tmp_path / "cell")
    assert EvaluationRecord.read(tmp_path / "cell").image_names == record.image_names
    for checkpoint, counts in (("selected", SELECTED), ("last", LAST)):
        found = read_counts(tmp_path / "cell", checkpoint)  # type: ignore[arg-type]
        np.testing.assert_array_equal(found, counts)
        assert found.dtype == np.int64
    with np.load(tmp_path / "cell" / "counts.npz") as stored:
        assert (stored["selected"].dtype, stored["last"].dtype) == (np.uint8, np.uint64)


def test_the_headline_has_both_checkpoints(tmp_path: Path) -> None:
    write(tmp_path)
    headline = json.loads((tmp_path / "metrics.json").read_text())
    assert headline["miou"] == pytest.approx(5 / 12)
    assert headline["last"]["miou"] == 1.0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "counts.npz",
        "evaluation.json",
        "metrics.json",
    ]


def test_the_same_counts_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / name)
    first, second = ((tmp_path / name / "counts.npz").read_bytes() for name in ("a", "b"))
    assert first == second


def delete(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])


def drop_last(path: Path) -> None:
    np.savez_compressed(path, selected=SELECTED)


@pytest.mark.parametrize(
    ("damage", "message"),
    [(delete, "has not run"), (cut, "is damaged"), (drop_last, "no counts of checkpoint 'last'")],
)
def test_missing_or_damaged_counts_are_an_error(
    damage: Callable[[Path], None], message: str, tmp_path: Path
) -> None:
    write(tmp_path)
    damage(tmp_path / "counts.npz")
    with pytest.raises(UserError, match=rf"counts\.npz .*{message}.*[Rr]un `dvc repro`"):
        read_counts(tmp_path, "last")

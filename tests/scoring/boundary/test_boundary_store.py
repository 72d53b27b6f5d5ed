from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from segnet.errors import UserError
from segnet.results.array_files import BOUNDARY_FILE
from segnet.scoring.boundary.counting import count_boundaries
from segnet.scoring.boundary.store import (
    Boundaries,
    read_boundaries,
    write_boundaries,
)
from segnet.taxonomy import IGNORE_INDEX

SIZES = np.tile(np.array([20, 30], np.int64), (3, 1))


def boundaries(*, perfect: bool = False) -> Boundaries:
    rng = np.random.default_rng(0)
    masks = rng.choice(np.array([0, 1, 2, IGNORE_INDEX], np.uint8), (3, 4, 5))
    masks = masks.repeat(5, 1).repeat(6, 2)
    predicted = masks if perfect else np.roll(masks, 4, 2)
    predicted = np.where(predicted == IGNORE_INDEX, np.uint8(0), predicted)
    truth = torch.from_numpy(masks)
    return count_boundaries(predicted, truth, SIZES, 3, device=torch.device("cpu"))


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    selected, last = boundaries(), boundaries(perfect=True)
    write_boundaries(tmp_path, {"selected": selected, "last": last})
    assert [path.name for path in tmp_path.iterdir()] == [BOUNDARY_FILE]
    for expected, found in (
        (selected, read_boundaries(tmp_path, "selected")),
        (last, read_boundaries(tmp_path, "last")),
    ):
        for part, stored in zip(expected, found, strict=True):
            for one, other in zip(part, stored, strict=True):
                assert one.dtype == other.dtype
                np.testing.assert_array_equal(one, other)


def test_scores_of_perfect_and_of_moved_predictions() -> None:
    perfect, moved = boundaries(perfect=True).scores(), boundaries().scores()
    assert perfect["boundary_f1"] == perfect["boundary_iou"] == 1
    assert moved["boundary_f1"] < 1
    assert moved["boundary_iou"] < 1
    assert set(moved) == {"boundary_f1", "boundary_f1_script", "boundary_iou"}


def test_missing_damaged_and_incomplete_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"boundary\.npz does not exist"):
        read_boundaries(tmp_path, "last")
    write_boundaries(tmp_path, {"selected": boundaries()})
    with pytest.raises(UserError, match="no counts of checkpoint 'last'"):
        read_boundaries(tmp_path, "last")
    path = tmp_path / BOUNDARY_FILE
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(UserError, match=r"boundary\.npz is damaged"):
        read_boundaries(tmp_path, "selected")

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from fakes import BIG, TWO_CLASSES, pair_of, sample, write

from segnet.datasets.prepared.store import read_dataset
from segnet.datasets.preparing.canvas_file import StackWriter
from segnet.datasets.preparing.samples import Pair, Sample
from segnet.datasets.preparing.writing import write_dataset
from segnet.errors import UserError


def failing(name: str, error: BaseException) -> Sample:
    def read() -> NoReturn:
        raise error

    return Sample(name, name, read)


def test_another_fingerprint_than_the_published_one_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"the published ones cafe.*fetch again"):
        write_dataset(
            tmp_path / "out",
            TWO_CLASSES,
            {"train": [sample("a", pair_of(1))]},
            working_size=BIG,
            expected_fingerprint="cafe",
        )
    assert list(tmp_path.iterdir()) == []


def with_label(label: int) -> Pair:
    pair = pair_of(1)
    pair.mask[2, 3] = label
    return pair


WRONG = {
    "stray label": (with_label(7), r"'bad' has label 7 at row 2, column 3; labels are 0\.\.1"),
    "float image": (Pair(np.zeros((2, 2, 3)), np.zeros((2, 2), np.uint8)), "float64"),
    "wide mask": (Pair(np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2), np.int64)), "int64"),
    "grey image": (Pair(np.zeros((2, 2), np.uint8), np.zeros((2, 2), np.uint8)), r"\(2, 2\)"),
    "sizes": (Pair(np.zeros((2, 3, 3), np.uint8), np.zeros((3, 2), np.uint8)), r"\(3, 2\)"),
    "nothing": (Pair(np.zeros((0, 3, 3), np.uint8), np.zeros((0, 3), np.uint8)), r"\(0, 3\)"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_pair_is_an_error_that_names_it_and_leaves_the_old_store(
    case: str, tmp_path: Path
) -> None:
    pair, message = WRONG[case]
    old = write(tmp_path / "out", train=[sample("old", pair_of(9))])
    samples = [sample(f"{number}", pair_of(number)) for number in range(30)] + [sample("bad", pair)]
    with pytest.raises(UserError, match=message):
        write(tmp_path / "out", train=samples)
    assert read_dataset(tmp_path / "out").fingerprint == old.fingerprint
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("splits", "message"),
    [
        ({}, "no splits"),
        ({"train": [sample("a", pair_of(1))], "val": []}, "split 'val' has no images"),
        ({"train": [sample("a", pair_of(1))] * 2}, "'a' occurs twice, in 'train' and in 'train'"),
        (
            {"train": [sample("a", pair_of(1))], "test": [sample("a", pair_of(2))]},
            "'a' occurs twice, in 'train' and in 'test'",
        ),
    ],
)
def test_names_are_unique_and_splits_are_not_empty(
    splits: dict[str, list[Sample]], message: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=message):
        write_dataset(tmp_path / "out", TWO_CLASSES, splits, working_size=BIG)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), OSError(errno.EIO, "broken disk"), ValueError()]
)
def test_nothing_half_written_stays_after_a_failure(error: BaseException, tmp_path: Path) -> None:
    samples = [sample(f"{number}", pair_of(number)) for number in range(30)] + [failing("x", error)]
    with pytest.raises(type(error)):
        write(tmp_path / "out", train=samples)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_is_an_error_that_says_what_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(self: StackWriter, image: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(StackWriter, "append", fill)
    with pytest.raises(UserError, match=r"out: no space left after .* MiB are free"):
        write(tmp_path / "out", train=[sample("a", pair_of(1))])
    assert list(tmp_path.iterdir()) == []


def test_space_is_checked_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=2**20)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    big = Pair(np.zeros((1024, 1024, 3), np.uint8), np.zeros((1024, 1024), np.uint8))
    with pytest.raises(UserError, match=r"out needs 8 MiB, but its disk has 1 MiB free"):
        write(tmp_path / "out", (1024, 1024), train=[sample("a", big)], val=[sample("b", big)])
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".out.part" / "train").mkdir(parents=True)
    write(tmp_path / "out", train=[sample("a", pair_of(1))])
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def delete_record(folder: Path) -> None:
    (folder / "dataset.json").unlink()


def break_record(folder: Path) -> None:
    (folder / "dataset.json").write_text("{")


def age_record(folder: Path) -> None:
    (folder / "dataset.json").write_text(json.dumps({"format": 0}))


def cut_images(folder: Path) -> None:
    path = folder / "train" / "images.npy"
    path.write_bytes(path.read_bytes()[:-1])


def delete_masks(folder: Path) -> None:
    (folder / "train" / "masks.npy").unlink()


@pytest.mark.parametrize(
    "damage", [delete_record, break_record, age_record, cut_images, delete_masks]
)
def test_a_damaged_store_is_an_error_that_says_how_to_mend_it(
    damage: Callable[[Path], None], tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    write(folder, train=[sample("a", pair_of(1))])
    damage(folder)
    with pytest.raises(UserError, match=r"out.*[Rr]un `dvc repro`"):
        read_dataset(folder)


@pytest.mark.parametrize("content", [b"{", b"[]", b"null", b"\xff\x00", b'{"format": 1}', b"3"])
def test_damaged_description_of_a_store_is_named_with_what_to_do(
    content: bytes, tmp_path: Path
) -> None:
    write(tmp_path / "out", train=[sample("a", pair_of(1))])
    (tmp_path / "out/dataset.json").write_bytes(content)
    with pytest.raises(UserError, match=r"dataset\.json is damaged.*run `dvc repro`"):
        read_dataset(tmp_path / "out")


def test_store_that_lacks_an_image_is_an_error_with_both_numbers(tmp_path: Path) -> None:
    write(tmp_path / "out", train=[sample("a", pair_of(1)), sample("b", pair_of(2))])
    path = tmp_path / "out/train/masks.npy"
    np.save(path, np.load(path)[:1])
    with pytest.raises(UserError, match=r"2 images and 1 masks of 2 names.*run `dvc repro`"):
        read_dataset(tmp_path / "out")

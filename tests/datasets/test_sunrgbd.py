from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fake_photos import make_sunrgbd, use_fake_sunrgbd
from fakes import files_of, serve
from PIL import Image

from segnet.datasets import sunrgbd
from segnet.datasets.sunrgbd import SUNRGBD_37
from segnet.errors import UserError
from segnet.taxonomy import IGNORE_INDEX

HELD_OUT = 2


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small SUN RGB-D, fetched."""
    use_fake_sunrgbd(monkeypatch)
    monkeypatch.delenv("SEGBENCH_MIRROR", raising=False)
    make_sunrgbd(tmp_path / "raw/sunrgbd")
    return tmp_path / "raw/sunrgbd"


def test_names_are_in_the_order_of_the_toolbox() -> None:
    """``seg37list.mat``: 1 wall, 2 floor, 20 floor_mat, 37 bag."""
    names = dict(enumerate(SUNRGBD_37.names, start=1))
    assert (names[1], names[2], names[20], names[37]) == ("wall", "floor", "floor_mat", "bag")
    assert SUNRGBD_37.num_classes == 37


def test_labels_are_numbered_over_both_splits_test_first(raw: Path) -> None:
    samples = sunrgbd.samples(HELD_OUT, raw)
    names = {split: [one.name for one in part] for split, part in samples.items()}
    assert names == {
        "train": ["train-000002", "train-000004", "train-000005"],
        "val": ["train-000001", "train-000003"],
        "test": ["test-000001", "test-000002", "test-000003", "test-000004"],
    }
    image, mask = samples["train"][0].read()  # training image 2 has label 4 + 2
    np.testing.assert_array_equal(image, np.asarray(Image.open(raw / "train/img-000002.jpg")))
    labels = np.asarray(Image.open(raw / "labels/img-000006.png")).astype(int)
    np.testing.assert_array_equal(mask == IGNORE_INDEX, labels == 0)
    np.testing.assert_array_equal(mask[labels > 0], labels[labels > 0] - 1)
    _, mask = samples["test"][3].read()
    labels = np.asarray(Image.open(raw / "labels/img-000004.png")).astype(int)
    np.testing.assert_array_equal(mask[labels > 0], labels[labels > 0] - 1)


def set_label_38(raw: Path) -> None:
    labels = np.zeros((6, 9), np.uint8)
    labels[2, 5] = 38
    Image.fromarray(labels).save(raw / "labels/img-000001.png")


def delete_label(raw: Path) -> None:
    (raw / "labels/img-000009.png").unlink()


def add_image(raw: Path) -> None:
    (raw / "test/img-000005.jpg").touch()


def shrink_mask(raw: Path) -> None:
    Image.fromarray(np.zeros((3, 4), np.uint8)).save(raw / "labels/img-000001.png")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (set_label_38, r"labels/img-000001\.png has label 38 at row 2, column 5"),
        (delete_label, r"labels/img-000009 is missing: 9 files belong there\. Delete"),
        (add_image, r"test/img-000005 is one too many: 4 files belong there"),
        (shrink_mask, r"test/img-000001\.jpg is 9x6 but .*img-000001\.png is 4x3"),
    ],
)
def test_damage_is_an_error_with_the_file(
    damage: Callable[[Path], None], message: str, raw: Path
) -> None:
    damage(raw)
    with pytest.raises(UserError, match=message):
        sunrgbd.samples(HELD_OUT, raw)["test"][0].read()


@pytest.mark.parametrize("source", ["address", "mirror"])
def test_the_three_archives_are_fetched_and_unpacked(
    source: str, raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror = tmp_path / "mirror/sunrgbd"
    mirror.mkdir(parents=True)
    for part, (name, _) in sunrgbd.ARCHIVES.items():
        with tarfile.open(mirror / name, "w:gz") as archive:
            archive.add(raw / part, arcname="somewhere" if part == "train" else ".")
    with serve(files_of(mirror)) as server:
        if source == "mirror":
            monkeypatch.setenv("SEGBENCH_MIRROR", str(tmp_path / "mirror"))
        here = {
            part: (name, f"{server.address}/{name}") for part, (name, _) in sunrgbd.ARCHIVES.items()
        }
        monkeypatch.setattr(sunrgbd, "ARCHIVES", here)
        fetched = tmp_path / "fetched/sunrgbd"
        sunrgbd.fetch(HELD_OUT, fetched)
        requests = len(server.paths)
        sunrgbd.fetch(HELD_OUT, fetched)
    assert len(server.paths) == requests == (3 if source == "address" else 0)
    assert [path.name for path in fetched.parent.iterdir()] == ["sunrgbd"]
    assert len(list(mirror.iterdir())) == 3
    for split in ("train", "val", "test"):
        pairs = zip(
            sunrgbd.samples(HELD_OUT, raw)[split],
            sunrgbd.samples(HELD_OUT, fetched)[split],
            strict=True,
        )
        for one, other in pairs:
            np.testing.assert_array_equal(one.read().mask, other.read().mask)

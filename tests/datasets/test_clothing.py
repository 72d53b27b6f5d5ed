from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from fake_clothing import LABELLED_PHOTOS, expect_small_clothing, make_clothing
from fakes import serve, zip_folder
from PIL import Image

from segnet.datasets import clothing
from segnet.datasets.clothing.labels import CLASSES, GROUPS_FILE, merged_classes
from segnet.datasets.definition import DatasetDefinition
from segnet.datasets.preparing.samples import Sample
from segnet.datasets.registry import define_dataset
from segnet.errors import UserError
from segnet.schema import read_yaml

PHOTO = Path("photos/0007.jpg")
MASK = Path("annotations/pixel-level/0007.mat")


def definition(split: str = "every_tenth", labels: str = "all") -> DatasetDefinition:
    return define_dataset("clothing", {"clothing": {"split": split, "labels": labels}})


def names(samples: dict[str, list[Sample]]) -> dict[str, list[str]]:
    return {part: [one.name for one in samples[part]] for part in samples}


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small CCP, fetched."""
    expect_small_clothing(monkeypatch)
    monkeypatch.delenv("SEGBENCH_MIRROR", raising=False)
    make_clothing(tmp_path / "raw" / "clothing")
    return tmp_path / "raw" / "clothing"


def test_every_tenth_photo_is_test_and_the_fifth_after_it_is_val(raw: Path) -> None:
    """Place 0 of the sorted list is photo 0001. The photos after the list's end are left out."""
    found = names(definition().samples(raw))
    assert list(found) == ["train", "val", "test"]
    assert found["test"] == ["0001", "0011", "0021", "0031"]
    assert found["val"] == ["0006", "0016", "0026", "0036"]
    assert sorted(chain.from_iterable(found.values())) == [
        f"{number:04d}" for number in range(1, 41)
    ]


def test_the_stratified_split_has_every_labelled_photo_once_whatever_the_labels(raw: Path) -> None:
    found = names(definition("stratified").samples(raw))
    assert all(found[part] for part in ("train", "val", "test"))
    assert sorted(chain.from_iterable(found.values())) == [
        f"{number:04d}" for number in range(1, LABELLED_PHOTOS + 1)
    ]
    assert names(definition("stratified", "merged").samples(raw)) == found


def test_a_photo_is_a_still_with_its_pixels_and_labels(raw: Path) -> None:
    sample = next(one for one in definition().samples(raw)["train"] if one.name == "0007")
    assert sample.sequence == "0007"
    image, mask = sample.read()
    np.testing.assert_array_equal(image, np.asarray(Image.open(raw / PHOTO)))
    np.testing.assert_array_equal(mask, scipy.io.loadmat(raw / MASK)["groundtruth"])


def test_merged_labels_are_the_groups_of_the_published_ones(raw: Path) -> None:
    groups = read_yaml(GROUPS_FILE)
    fine = definition().samples(raw)["train"][0].read().mask
    coarse = definition(labels="merged").samples(raw)["train"][0].read().mask
    assert len(np.unique(fine)) == 6
    for label, group in zip(fine.ravel(), coarse.ravel(), strict=True):
        assert CLASSES[label] in list(groups.values())[group]


def test_every_class_is_in_exactly_one_group() -> None:
    groups = read_yaml(GROUPS_FILE)
    members = [name for group in groups.values() for name in group]
    assert sorted(members) == sorted(CLASSES)
    assert 9 <= len(groups) <= 11
    taxonomy, _ = merged_classes()
    assert taxonomy.names == tuple(groups)
    assert taxonomy.names[0] == "background"


def test_every_class_has_a_color_of_its_own() -> None:
    for labels, count in (("all", 59), ("merged", 11)):
        taxonomy = definition(labels=labels).taxonomy
        assert len(set(taxonomy.colors)) == taxonomy.num_classes == count


def set_label_59(raw: Path) -> None:
    labels = scipy.io.loadmat(raw / MASK)["groundtruth"]
    labels[2, 5] = 59
    scipy.io.savemat(raw / MASK, {"groundtruth": labels})


def store_fractions(raw: Path) -> None:
    scipy.io.savemat(raw / MASK, {"groundtruth": np.zeros((13, 10))})


def rename_variable(raw: Path) -> None:
    scipy.io.savemat(raw / MASK, {"tags": np.zeros((13, 10), np.uint8)})


def cut_mask(raw: Path) -> None:
    (raw / MASK).write_bytes((raw / MASK).read_bytes()[:-20])


def empty_mask(raw: Path) -> None:
    (raw / MASK).write_bytes(b"")


def store_html(raw: Path) -> None:
    (raw / MASK).write_text("<html>" * 100)


def store_hdf5(raw: Path) -> None:
    """A file of format 7.3 begins with this text and the version 0x0200."""
    (raw / MASK).write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + b"\x89HDF")


def shrink_mask(raw: Path) -> None:
    scipy.io.savemat(raw / MASK, {"groundtruth": np.zeros((3, 4), np.uint8)})


def cut_photo(raw: Path) -> None:
    (raw / PHOTO).write_bytes((raw / PHOTO).read_bytes()[:300])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (set_label_59, rf"{MASK} has label 59 at row 2, column 5; labels are 0\.\.58"),
        (store_fractions, rf"{MASK} holds float64\(13, 10\), no mask"),
        (rename_variable, rf"{MASK} has no variable 'groundtruth'"),
        (cut_mask, rf"{MASK} cannot be read"),
        (empty_mask, rf"{MASK} cannot be read"),
        (store_html, rf"{MASK} cannot be read"),
        (store_hdf5, rf"{MASK} cannot be read"),
        (shrink_mask, rf"{PHOTO} is 10x13 but .*{MASK} is 4x3"),
        (cut_photo, rf"{PHOTO} cannot be decoded"),
    ],
)
def test_a_damaged_pair_stops_with_the_file(
    damage: Callable[[Path], None], message: str, raw: Path
) -> None:
    damage(raw)
    sample = next(one for one in definition().samples(raw)["train"] if one.name == "0007")
    with pytest.raises(UserError, match=message):
        sample.read()


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        (PHOTO, rf"{PHOTO} is missing\. Delete the folder and run"),
        (MASK, r"pixel-level has 43 masks, not 44\. Delete the folder and run"),
    ],
)
def test_a_missing_file_is_an_error_before_any_is_decoded(
    missing: Path, message: str, raw: Path
) -> None:
    (raw / missing).unlink()
    with pytest.raises(UserError, match=message):
        definition().samples(raw)
    with pytest.raises(UserError, match=message):
        clothing.fetch(raw)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "every_tenth"}, r"'datasets\.clothing\.labels' is missing"),
        ({"split": "random", "labels": "all"}, r"'datasets\.clothing\.split'.*not 'random'"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        define_dataset("clothing", {"clothing": options})


@pytest.mark.usefixtures("raw")
def test_a_mirror_is_copied_without_the_photos_that_have_no_mask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror = tmp_path / "mirror" / "ccp"
    make_clothing(mirror)
    monkeypatch.setenv("SEGBENCH_MIRROR", str(tmp_path / "mirror"))
    clothing.fetch(tmp_path / "fetched")
    assert len(list((tmp_path / "fetched/photos").iterdir())) == LABELLED_PHOTOS
    for path in (PHOTO, MASK):
        assert (tmp_path / "fetched" / path).read_bytes() == (mirror / path).read_bytes()


def test_without_a_mirror_the_archive_is_downloaded_and_unpacked(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zip_folder(raw, tmp_path / "a.zip", inside="clothing-co-parsing-fe34fb7")
    with serve({"a": (tmp_path / "a.zip").read_bytes()}) as server:
        monkeypatch.setattr(clothing, "ARCHIVE_URLS", (f"{server.address}/a",))
        clothing.fetch(tmp_path / "fetched" / "clothing")
    assert (tmp_path / "fetched/clothing" / MASK).read_bytes() == (raw / MASK).read_bytes()
    assert [path.name for path in (tmp_path / "fetched").iterdir()] == ["clothing"]

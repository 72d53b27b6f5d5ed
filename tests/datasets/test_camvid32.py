from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fake_camvid32 import SEQUENCES, UNLABELLED, expect_small_camvid32, make_camvid32
from fakes import serve, zip_folder
from PIL import Image

from segnet.datasets import camvid32
from segnet.datasets.camvid32.classes import CAMVID_32, RAW_CLASSES
from segnet.datasets.definition import DatasetDefinition
from segnet.datasets.preparing.samples import Sample
from segnet.datasets.registry import define_dataset
from segnet.errors import UserError
from segnet.taxonomy import CAMVID_11, IGNORE_INDEX

MIRROR = os.environ.get("SEGBENCH_MIRROR")
FRAME = Path("0016E5_00030.png")
LABEL = Path("0016E5_00030_L.png")


def definition(labels: str = "all") -> DatasetDefinition:
    return define_dataset("camvid32", {"camvid32": {"labels": labels}})


def sample(raw: Path, labels: str = "all") -> Sample:
    frames = definition(labels).samples(raw)["train"]
    return next(one for one in frames if one.name == FRAME.stem)


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small raw CamVid, fetched."""
    expect_small_camvid32(monkeypatch)
    monkeypatch.delenv("SEGBENCH_MIRROR", raising=False)
    make_camvid32(tmp_path / "raw" / "camvid32")
    return tmp_path / "raw" / "camvid32"


def test_labelled_frames_are_paired_and_others_skipped(raw: Path) -> None:
    samples = definition().samples(raw)
    assert list(samples) == ["train", "val", "test"]
    sizes = {split: sum(videos.values()) for split, videos in SEQUENCES.items()}
    assert {split: len(frames) for split, frames in samples.items()} == sizes
    assert (raw / f"{UNLABELLED}.png").exists()
    assert UNLABELLED not in {one.name for frames in samples.values() for one in frames}


def test_no_video_is_in_two_splits(raw: Path) -> None:
    samples = definition().samples(raw)
    videos = [{one.sequence for one in frames} for frames in samples.values()]
    assert [len(one) for one in videos] == [2, 1, 1]
    assert len(set.union(*videos)) == 4


def test_the_published_videos_add_up_to_701_frames_and_are_in_one_split_each() -> None:
    videos = [video for part in camvid32.SEQUENCES.values() for video in part]
    assert sorted(videos) == ["0001TP", "0006R0", "0016E5", "Seq05VD"]
    assert sum(sum(part.values()) for part in camvid32.SEQUENCES.values()) == 701


def test_every_pixel_has_the_class_of_its_color(raw: Path) -> None:
    image, mask = sample(raw).read()
    colors = np.asarray(Image.open(raw / LABEL))
    np.testing.assert_array_equal(image, np.asarray(Image.open(raw / FRAME)))
    assert set(np.unique(mask)) == set(range(32))
    for row, column in np.ndindex(mask.shape):
        assert RAW_CLASSES[mask[row, column]].color == tuple(colors[row, column].tolist())
    np.testing.assert_array_equal(CAMVID_32.colorize(mask), colors)


def test_grouped_labels_are_the_groups_of_the_raw_ones_and_void_is_ignored(raw: Path) -> None:
    raw_mask, mask = sample(raw).read().mask, sample(raw, "grouped_11").read().mask
    for label, grouped in zip(raw_mask.ravel(), mask.ravel(), strict=True):
        group = RAW_CLASSES[label].group
        assert (CAMVID_11.names[grouped] if group else grouped) == (group or IGNORE_INDEX)
    assert set(np.unique(mask)) == {*range(11), IGNORE_INDEX}


def test_the_grouping_is_that_of_the_published_example() -> None:
    """As MathWorks lists it for SegNet; the 11 classes hold all but Void."""
    groups = {
        name: {one.name for one in RAW_CLASSES if one.group == name} for name in CAMVID_11.names
    }
    assert groups == {
        "Sky": {"Sky"},
        "Building": {"Bridge", "Building", "Wall", "Tunnel", "Archway"},
        "Pole": {"Column_Pole", "TrafficCone"},
        "Road": {"Road", "LaneMkgsDriv", "LaneMkgsNonDriv"},
        "Pavement": {"Sidewalk", "ParkingBlock", "RoadShoulder"},
        "Tree": {"Tree", "VegetationMisc"},
        "SignSymbol": {"SignSymbol", "Misc_Text", "TrafficLight"},
        "Fence": {"Fence"},
        "Car": {"Car", "SUVPickupTruck", "Truck_Bus", "Train", "OtherMoving"},
        "Pedestrian": {"Pedestrian", "Child", "CartLuggagePram", "Animal"},
        "Bicyclist": {"Bicyclist", "MotorcycleScooter"},
    }
    assert [one.name for one in RAW_CLASSES if one.group is None] == ["Void"]


@pytest.mark.skipif(MIRROR is None, reason="SEGBENCH_MIRROR is not set")
def test_the_classes_are_those_of_label_colors_txt() -> None:
    lines = (Path(str(MIRROR)) / "camvid32/label_colors.txt").read_text().splitlines()
    published = [(name, tuple(map(int, color))) for *color, name in map(str.split, lines)]
    assert [(one.name, one.color) for one in RAW_CLASSES] == published


def change_colors(raw: Path) -> None:
    colors = np.array(Image.open(raw / LABEL))
    colors[2, 5] = (1, 2, 3)
    colors[4, 0] = (255, 255, 255)
    Image.fromarray(colors).save(raw / LABEL)


def shrink_label(raw: Path) -> None:
    Image.fromarray(np.zeros((3, 4, 3), np.uint8)).save(raw / LABEL)


def cut_label(raw: Path) -> None:
    (raw / LABEL).write_bytes((raw / LABEL).read_bytes()[:60])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (change_colors, rf"{LABEL} has the colour \(1, 2, 3\) at row 2, column 5 \(2 pixels"),
        (shrink_label, rf"{FRAME} is 12x8 but .*{LABEL} is 4x3"),
        (cut_label, rf"{LABEL} cannot be decoded"),
    ],
)
def test_a_damaged_pair_stops_with_the_file(
    damage: Callable[[Path], None], message: str, raw: Path
) -> None:
    damage(raw)
    with pytest.raises(UserError, match=message):
        sample(raw).read()


def delete_frame(raw: Path) -> None:
    (raw / FRAME).unlink()


def delete_label(raw: Path) -> None:
    (raw / LABEL).unlink()


def add_video(raw: Path) -> None:
    for path in (FRAME, LABEL):
        (raw / path).rename(raw / path.name.replace("0016E5", "0042XX"))


def add_twin(raw: Path) -> None:
    (raw / "more").mkdir()
    (raw / "more" / FRAME).write_bytes((raw / FRAME).read_bytes())


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (delete_frame, rf"{LABEL} has no frame {FRAME}\. Put the frames"),
        (delete_label, r"has 3 labelled frames of the video 0016E5, not 4\. Put the frames"),
        (add_video, r"has 3 labelled frames of the video 0016E5, not 4"),
        (add_twin, rf"{FRAME} and {FRAME} have one name|have one name"),
    ],
)
def test_a_wrong_set_of_files_is_an_error_before_any_is_decoded(
    damage: Callable[[Path], None], message: str, raw: Path
) -> None:
    damage(raw)
    with pytest.raises(UserError, match=message):
        definition().samples(raw)
    with pytest.raises(UserError, match=message):
        camvid32.fetch(raw)


def test_a_mirror_is_copied(raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_camvid32(tmp_path / "mirror" / "camvid32")
    monkeypatch.setenv("SEGBENCH_MIRROR", str(tmp_path / "mirror"))
    camvid32.fetch(tmp_path / "fetched")
    for path in (FRAME, LABEL):
        assert (tmp_path / "fetched" / path).read_bytes() == (raw / path).read_bytes()


def test_a_mirror_without_frames_says_what_to_put_there(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mirror" / "camvid32").mkdir(parents=True)
    monkeypatch.setenv("SEGBENCH_MIRROR", str(tmp_path / "mirror"))
    with pytest.raises(
        UserError, match=r"mirror/camvid32 has 0 labelled.*Put the frames NAME\.png"
    ):
        camvid32.fetch(tmp_path / "fetched")
    assert not (tmp_path / "fetched").exists()


def test_without_a_mirror_both_archives_are_downloaded_and_unpacked(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frames come in a folder of their archive, labels at its top."""
    labels = tmp_path / "labels"
    labels.mkdir()
    original = (raw / LABEL).read_bytes()
    for path in raw.glob("*_L.png"):
        path.rename(labels / path.name)
    zip_folder(raw, tmp_path / "frames.zip", inside="701_StillsRaw_full")
    zip_folder(labels, tmp_path / "labels.zip", inside=".")
    files = {part: (tmp_path / f"{part}.zip").read_bytes() for part in ("frames", "labels")}
    with serve(files) as server:
        urls = {part: (f"{server.address}/{part}",) for part in files}
        monkeypatch.setattr(camvid32, "ARCHIVE_URLS", urls)
        camvid32.fetch(tmp_path / "fetched" / "camvid32")
    assert [path.name for path in (tmp_path / "fetched").iterdir()] == ["camvid32"]
    samples = definition().samples(tmp_path / "fetched" / "camvid32")
    assert sum(map(len, samples.values())) == 12
    assert next((tmp_path / "fetched").rglob(LABEL.name)).read_bytes() == original

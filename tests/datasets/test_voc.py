from __future__ import annotations

import hashlib
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from fake_photos import (
    DEVKIT_TRAIN,
    DEVKIT_VAL,
    SBD_ONLY,
    make_voc,
    use_fake_lists,
    write_sbd_mask,
)
from fakes import files_of, serve
from PIL import Image
from scipy.io import loadmat, savemat
from torch import Tensor

from segnet.datasets.definition import DatasetDefinition, define
from segnet.datasets.prepared.tensor_split import load_resident
from segnet.datasets.preparing.samples import Sample
from segnet.datasets.preparing.writing import write_dataset
from segnet.datasets.voc import VOC, VOC_21
from segnet.datasets.voc import files as voc_files
from segnet.datasets.voc.lists import PROTOCOLS, protocol_lists
from segnet.errors import UserError
from segnet.scoring.counts.evaluation import evaluate
from segnet.scoring.counts.metrics import miou
from segnet.taxonomy import IGNORE_INDEX

MIRROR = os.environ.get("SEGBENCH_MIRROR")
MASKS = Path("VOC2012/SegmentationClass")
MATLAB = Path("benchmark_RELEASE/dataset/cls")
SEG11VALID = Path("lists/seg11valid.txt")
SBD_TRAIN = Path("benchmark_RELEASE/dataset/train.txt")


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small VOC with SBD and all lists, fetched."""
    use_fake_lists(monkeypatch)
    monkeypatch.delenv("SEGBENCH_MIRROR", raising=False)
    make_voc(tmp_path / "raw/voc")
    return tmp_path / "raw/voc"


def voc(protocol: str, held_out: int = 2) -> DatasetDefinition:
    return define("voc", VOC, {"protocol": protocol, "held_out": held_out})


def names(samples: dict[str, list[Sample]]) -> dict[str, list[str]]:
    return {split: [one.name for one in part] for split, part in samples.items()}


def png_labels(raw: Path, name: str) -> np.ndarray:
    return np.asarray(Image.open(raw / MASKS / f"{name}.png"))


def sbd_labels(raw: Path, name: str) -> np.ndarray:
    truth = loadmat(raw / MATLAB / f"{name}.mat")["GTcls"]
    return np.asarray(truth["Segmentation"][0, 0])


def test_classes_and_colours_are_those_of_the_devkit() -> None:
    colors = dict(zip(VOC_21.names, VOC_21.colors, strict=True))
    assert (VOC_21.num_classes, VOC_21.names[15]) == (21, "person")
    assert colors["background"] == (0, 0, 0)
    assert colors["aeroplane"] == (128, 0, 0)
    assert colors["person"] == (192, 128, 128)
    assert colors["tvmonitor"] == (0, 64, 128)


def test_train_aug_holds_out_images_of_the_devkit_and_takes_its_masks_first(raw: Path) -> None:
    samples = voc("train_aug").samples(raw)
    val = [DEVKIT_TRAIN[0], DEVKIT_TRAIN[3]]  # 2 of 6: numbers 0 and 3
    train = [name for name in [*DEVKIT_TRAIN, *SBD_ONLY] if name not in val]
    assert names(samples) == {"train": train, "val": val, "test": DEVKIT_VAL}
    for sample in [one for part in samples.values() for one in part]:
        image, mask = sample.read()
        labels = sbd_labels if sample.name in SBD_ONLY else png_labels
        np.testing.assert_array_equal(mask, labels(raw, sample.name))
        photo = Image.open(raw / f"VOC2012/JPEGImages/{sample.name}.jpg")
        np.testing.assert_array_equal(image, np.asarray(photo))


def test_sbd_train_takes_every_training_mask_from_sbd(raw: Path) -> None:
    samples = voc("sbd_train").samples(raw)
    published = sorted([*DEVKIT_VAL[:2], *SBD_ONLY, *DEVKIT_TRAIN[:3]])  # 9
    val = [published[0], published[4]]
    train = [name for name in published if name not in val]
    assert names(samples) == {"train": train, "val": val, "test": DEVKIT_VAL[2:]}
    for sample in samples["train"]:
        np.testing.assert_array_equal(sample.read().mask, sbd_labels(raw, sample.name))
    for sample in samples["test"]:
        np.testing.assert_array_equal(sample.read().mask, png_labels(raw, sample.name))


def test_the_sample_says_that_it_compares_with_nothing(raw: Path) -> None:
    samples = voc("sample").samples(raw)
    assert names(samples)["test"] == DEVKIT_VAL
    assert len(samples["train"]) == 4
    assert "compares with nothing published" in voc("sample").note
    assert "compares with nothing" not in voc("train_aug").note
    assert "Void surrounds every object" in voc("train_aug").note
    assert voc("train_aug", 3).note.startswith("3 of the 10 training images are held out")


@pytest.mark.parametrize("protocol", ["train_aug", "sbd_train"])
def test_an_id_in_both_lists_stops_with_the_id(protocol: str, raw: Path) -> None:
    planted = (
        SEG11VALID if protocol == "sbd_train" else Path("VOC2012/ImageSets/Segmentation/val.txt")
    )
    with (raw / planted).open("a") as ids:
        ids.write(f"{SBD_ONLY[1]}\n{DEVKIT_TRAIN[1]}\n")
    shared = f"{planted} share {DEVKIT_TRAIN[1]}, {SBD_ONLY[1]}. An image that is trained on"
    with pytest.raises(UserError, match=shared):
        voc(protocol).samples(raw)


def test_the_ids_of_voc_val_in_sbd_train_may_not_be_scored(raw: Path) -> None:
    """Two of the fake's SBD train are of VOC val: fine on seg11valid, an error on all of val."""
    voc("sbd_train").samples(raw)
    (raw / SEG11VALID).write_text("\n".join(DEVKIT_VAL))
    with pytest.raises(UserError, match=f"share {DEVKIT_VAL[0]}, {DEVKIT_VAL[1]}\\."):
        voc("sbd_train").samples(raw)


def drop_id(raw: Path) -> None:
    (raw / SEG11VALID).write_text("\n".join(DEVKIT_VAL[3:]))


def repeat_id(raw: Path) -> None:
    (raw / SEG11VALID).write_text("\n".join([*DEVKIT_VAL[2:], DEVKIT_VAL[2]]))


def delete_list(raw: Path) -> None:
    (raw / SBD_TRAIN).unlink()


def delete_sbd_mask(raw: Path) -> None:
    """The devkit has a mask of this image, which must not stand in for SBD's."""
    (raw / MATLAB / f"{DEVKIT_TRAIN[1]}.mat").unlink()


def delete_photo(raw: Path) -> None:
    (raw / f"VOC2012/JPEGImages/{DEVKIT_VAL[3]}.jpg").unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (drop_id, rf"{SEG11VALID} has 2 ids, not 3\. It is not the published list"),
        (repeat_id, rf"{SEG11VALID} has '{DEVKIT_VAL[2]}' twice"),
        (delete_list, rf"{SBD_TRAIN} does not exist"),
        (delete_sbd_mask, rf"has no mask of '{DEVKIT_TRAIN[1]}' \(train\)\. Delete the folder"),
        (delete_photo, rf"has no image of '{DEVKIT_VAL[3]}' \(test\)"),
    ],
)
def test_a_list_or_file_that_differs_is_an_error_before_any_is_decoded(
    damage: Callable[[Path], None], message: str, raw: Path
) -> None:
    damage(raw)
    with pytest.raises(UserError, match=message):
        voc("sbd_train").samples(raw)


def test_as_many_other_ids_than_published_are_an_error(
    raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # the real lists
    folder = raw / "VOC2012/ImageSets/Segmentation"
    for part, first in (("train", 0), ("val", 120)):
        ids = (f"2007_{first + number:06d}\n" for number in range(120))
        (folder / f"{part}.txt").write_text("".join(ids))
    with pytest.raises(UserError, match=r"train\.txt has as many ids .* but others"):
        voc("sample").samples(raw)


def stray_png(raw: Path) -> str:
    labels = png_labels(raw, DEVKIT_VAL[2]).copy()
    labels[3, 1] = 21
    Image.fromarray(labels).save(raw / MASKS / f"{DEVKIT_VAL[2]}.png")
    return rf"{DEVKIT_VAL[2]}\.png has label 21 at row 3, column 1"


def stray_mat(raw: Path) -> str:
    labels = sbd_labels(raw, SBD_ONLY[2]).copy()
    labels[2, 0] = 99
    write_sbd_mask(raw / MATLAB / f"{SBD_ONLY[2]}.mat", labels)
    return rf"{SBD_ONLY[2]}\.mat has label 99 at row 2, column 0"


def wide_mat(raw: Path) -> str:
    write_sbd_mask(raw / MATLAB / f"{SBD_ONLY[2]}.mat", np.full((4, 5), 300, np.int16))
    return rf"{SBD_ONLY[2]}\.mat: GTcls\.Segmentation is \(4, 5\) int16 up to 300"


def small_mat(raw: Path) -> str:
    write_sbd_mask(raw / MATLAB / f"{SBD_ONLY[2]}.mat", np.zeros((2, 2), np.uint8))
    return rf"{SBD_ONLY[2]}\.jpg is .* but .*{SBD_ONLY[2]}\.mat is 2x2"


def cut_mat(raw: Path) -> str:
    path = raw / MATLAB / f"{SBD_ONLY[2]}.mat"
    path.write_bytes(path.read_bytes()[:150])
    return rf"{SBD_ONLY[2]}\.mat cannot be read"


def html_mat(raw: Path) -> str:
    (raw / MATLAB / f"{SBD_ONLY[2]}.mat").write_text("<html>not found</html>" * 20)
    return rf"{SBD_ONLY[2]}\.mat cannot be read"


def matrix_mat(raw: Path) -> str:
    savemat(raw / MATLAB / f"{SBD_ONLY[2]}.mat", {"GTcls": np.zeros((4, 5), np.uint8)})
    return rf"{SBD_ONLY[2]}\.mat has no GTcls\.Segmentation"


def other_field_mat(raw: Path) -> str:
    savemat(raw / MATLAB / f"{SBD_ONLY[2]}.mat", {"GTcls": {"Boundaries": np.zeros((4, 5))}})
    return rf"{SBD_ONLY[2]}\.mat has no GTcls\.Segmentation"


DAMAGES = [
    stray_png,
    stray_mat,
    wide_mat,
    small_mat,
    cut_mat,
    html_mat,
    matrix_mat,
    other_field_mat,
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_mask_stops_with_the_file_and_leaves_nothing(
    damage: Callable[[Path], str], raw: Path, tmp_path: Path
) -> None:
    message = damage(raw)
    definition = voc("sbd_train", 1)
    with pytest.raises(UserError, match=message):
        write_dataset(tmp_path / "out", VOC_21, definition.samples(raw), working_size=(9, 9))
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


PAINTS = torch.tensor([(label + 1, 2 * label, 255 - label) for label in range(21)])


def right_inside_and_wrong_outside(images: Tensor) -> Tensor:
    """Logits for the class whose paint a pixel has; black, as on the canvas, is an aeroplane."""
    paints = PAINTS.clone().float()
    distance = (images[:, None] * 255 - paints[None, :, :, None, None]).abs().sum(2)
    is_black = (images.sum(1) == 0).float()
    logits = -distance
    logits[:, 1] += 10_000 * is_black
    return logits


def test_images_of_mixed_sizes_are_scored_at_their_own_and_padding_never(
    raw: Path, tmp_path: Path
) -> None:
    rng = np.random.default_rng(1)
    labelled = 0
    for number, name in enumerate([*DEVKIT_TRAIN, *DEVKIT_VAL]):
        size = [(6, 9), (9, 6), (4, 4)][number % 3]
        labels = rng.choice(np.array([0, 5, 20, 255], np.uint8), size)
        image = PAINTS.numpy().astype(np.uint8)[np.where(labels == 255, 0, labels)]
        Image.fromarray(labels).save(raw / MASKS / f"{name}.png")
        (raw / f"VOC2012/JPEGImages/{name}.jpg").unlink()
        Image.fromarray(image).save(raw / f"VOC2012/JPEGImages/{name}.png")
        labelled += int((labels != 255).sum()) if name in DEVKIT_VAL else 0
    samples = voc("sample").samples(raw)
    data = write_dataset(tmp_path / "store", VOC_21, samples, working_size=(20, 20))
    split = load_resident(data.splits["test"], torch.device("cpu"))
    assert split.images.shape[-2:] == split.masks.shape[-2:] == (9, 9)
    result = evaluate(right_inside_and_wrong_outside, split, num_classes=21)
    assert result.counts.sum() == labelled
    assert miou(result.counts.sum(0)) == 1
    # the same predictor, were the canvas scored with its padding as background
    on_canvas = right_inside_and_wrong_outside(split.images.float() / 255).argmax(1).numpy()
    padded = np.where(split.masks.numpy() == IGNORE_INDEX, 0, split.masks.numpy())
    counts = np.zeros((21, 21), np.int64)
    np.add.at(counts, (padded.ravel(), on_canvas.ravel()), 1)
    assert miou(counts) < 0.9


def test_a_mirror_gives_only_what_the_protocol_needs(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEGBENCH_MIRROR", str(raw.parent))
    (raw / "VOC2012/JPEGImages/2012_000000.jpg").write_bytes(b"not listed")
    for protocol, files in (("sample", 11 + 11 + 2), ("train_aug", 15 + 15 + 3)):
        definition = voc(protocol)
        fetched = tmp_path / "fetched/voc"  # train_aug replaces what sample left
        definition.fetch(fetched)
        assert len(files_of(fetched)) == files
        assert names(definition.samples(fetched)) == names(definition.samples(raw))
        before = files_of(fetched)
        monkeypatch.setenv("SEGBENCH_MIRROR", "/does/not/exist")
        definition.fetch(fetched)  # complete: nothing is asked for
        assert files_of(fetched) == before
        monkeypatch.setenv("SEGBENCH_MIRROR", str(raw.parent))


def test_a_mirror_without_sbd_is_an_error_for_the_full_protocols(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (raw / "benchmark_RELEASE").rename(tmp_path / "elsewhere")
    monkeypatch.setenv("SEGBENCH_MIRROR", str(raw.parent))
    with pytest.raises(UserError, match=r"the mirror has no .*voc/benchmark_RELEASE"):
        voc("sbd_train").fetch(tmp_path / "fetched")
    assert not (tmp_path / "fetched").exists()


def test_the_sample_without_a_mirror_says_what_to_do(raw: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"SEGBENCH_MIRROR must name .* 'datasets\.voc\.protocol'"):
        voc("sample").fetch(tmp_path / "fetched")


def test_without_a_mirror_both_archives_and_the_lists_are_downloaded(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = tmp_path / "published"
    published.mkdir()
    (raw / "VOC2012/Annotations").mkdir()
    (raw / "VOC2012/Annotations/a.xml").write_text("left out")
    with tarfile.open(published / "devkit", "w") as archive:
        archive.add(raw / "VOC2012", arcname="VOCdevkit/VOC2012")
    with tarfile.open(published / "sbd", "w:gz") as archive:
        archive.add(raw / "benchmark_RELEASE", arcname="benchmark_RELEASE")
    files = files_of(published) | files_of(raw / "lists")
    digest = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    with serve(files, faults=["503"]) as server:
        monkeypatch.setattr("segnet.datasets.fetching.transfer.FIRST_PAUSE_S", 0.0)
        monkeypatch.setattr(voc_files, "DEVKIT_URLS", (f"{server.address}/devkit",))
        monkeypatch.setattr(voc_files, "DEVKIT_BYTES", len(files["devkit"]))
        monkeypatch.setattr(voc_files, "DEVKIT_SHA256", digest["devkit"])
        monkeypatch.setattr(voc_files, "SBD_URLS", (f"{server.address}/sbd",))
        monkeypatch.setattr(voc_files, "SBD_SHA256", digest["sbd"])
        lists = {path: (f"{server.address}/{Path(path).name}",) for path in voc_files.LIST_URLS}
        monkeypatch.setattr(voc_files, "LIST_URLS", lists)
        for protocol in ("train_aug", "sbd_train"):  # one download serves both
            definition = voc(protocol)
            definition.fetch(tmp_path / "fetched/voc")
            assert len(server.paths) == 1 + 4
            fetched = definition.samples(tmp_path / "fetched/voc")
            assert names(fetched) == names(definition.samples(raw))
    assert [path.name for path in (tmp_path / "fetched").iterdir()] == ["voc"]
    assert not (tmp_path / "fetched/voc/VOC2012/Annotations").exists()


needs_mirror = pytest.mark.skipif(MIRROR is None, reason="SEGBENCH_MIRROR is not set")


@needs_mirror
def test_the_published_lists_have_their_digests_and_share_no_id(tmp_path: Path) -> None:
    lists = Path(str(MIRROR)) / "voc/lists"
    sets = tmp_path / "VOC2012/ImageSets/Segmentation"
    sets.parent.mkdir(parents=True)
    sets.symlink_to(lists)  # the mirror's full lists in the devkit's place
    (tmp_path / "lists").symlink_to(lists)
    train, test, devkit = protocol_lists(tmp_path, PROTOCOLS["train_aug"])
    assert (len(train), len(test), len(devkit)) == (10_582, 1_449, 1_464)
    assert devkit < set(train)


@pytest.mark.slow
@needs_mirror
def test_the_sample_has_the_labels_of_its_files(tmp_path: Path) -> None:
    """Pixels of each label, counted with Pillow and NumPy alone from the mirror's masks."""
    definition = voc("sample", 20)
    definition.fetch(tmp_path / "voc")
    samples = definition.samples(tmp_path / "voc")
    data = write_dataset(tmp_path / "store", VOC_21, samples, working_size=(60, 80))
    counts = {split: part.class_counts.sum(0) for split, part in data.splits.items()}
    assert [len(part) for part in data.splits.values()] == [100, 20, 120]
    assert (counts["train"] + counts["val"])[[0, 8, 15, 20]].tolist() == [
        12_725_999,
        835_358,
        741_702,
        271_615,
    ]
    assert counts["test"][[0, 8, 15, 19]].tolist() == [12_833_645, 612_130, 1_074_088, 0]
    assert data.splits["test"].void_share() == pytest.approx(1_407_172 / 20_860_168)
    assert len(np.unique(data.splits["test"].mask_sizes, axis=0)) > 10

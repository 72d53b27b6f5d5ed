"""Fakes of the data sets of photos, in the layout of the real ones: ``voc`` and ``sunrgbd``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from segnet.datasets import sunrgbd
from segnet.datasets.voc import VOC_21
from segnet.datasets.voc.lists import PROTOCOLS, IdList

DEVKIT_TRAIN = [f"2007_00000{number}" for number in range(6)]
DEVKIT_VAL = [f"2007_00010{number}" for number in range(5)]
SBD_ONLY = [f"2008_00000{number}" for number in range(4)]
LISTS = {
    "VOC2012/ImageSets/Segmentation/train.txt": DEVKIT_TRAIN,
    "VOC2012/ImageSets/Segmentation/val.txt": DEVKIT_VAL,
    "benchmark_RELEASE/dataset/train.txt": [*DEVKIT_VAL[:2], *SBD_ONLY, *DEVKIT_TRAIN[:3]],
    "benchmark_RELEASE/dataset/val.txt": DEVKIT_TRAIN[3:],
    "lists/train_aug.txt": [*DEVKIT_TRAIN, *SBD_ONLY],
    "lists/seg11valid.txt": DEVKIT_VAL[2:],
}
SIZES = [(6, 9), (9, 6), (7, 7), (5, 8)]


def use_fake_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the protocols expect :data:`LISTS`."""

    def shorten(one: IdList) -> IdList:
        return replace(one, size=len(LISTS[one.path]), sha256="")

    for name, real in PROTOCOLS.items():
        fake = replace(
            real,
            train=shorten(real.train),
            test=shorten(real.test),
            devkit=real.devkit and shorten(real.devkit),
        )
        monkeypatch.setitem(PROTOCOLS, name, fake)


def make_voc(folder: Path, *, image_suffix: str = ".jpg") -> None:
    """Write the devkit, SBD and the lists: images of several sizes, labels 0..20 and 255."""
    rng = np.random.default_rng(0)
    images, masks = folder / "VOC2012/JPEGImages", folder / "VOC2012/SegmentationClass"
    matlab = folder / "benchmark_RELEASE/dataset/cls"
    for part in (images, masks, matlab):
        part.mkdir(parents=True)
    palette = np.zeros((256, 3), np.uint8)
    palette[:21], palette[255] = VOC_21.colors, (224, 224, 192)
    for number, name in enumerate([*DEVKIT_TRAIN, *DEVKIT_VAL, *SBD_ONLY]):
        size = SIZES[number % len(SIZES)]
        pixels = rng.integers(0, 256, (*size, 3), np.uint8)
        Image.fromarray(pixels).save(images / f"{name}{image_suffix}")
        labels = rng.integers(0, 22, size, np.uint8)
        if name not in SBD_ONLY:
            mask = Image.fromarray(np.where(labels == 21, np.uint8(255), labels))
            mask.putpalette(palette.ravel().tolist())
            mask.save(masks / f"{name}.png")
        write_sbd_mask(matlab / f"{name}.mat", rng.integers(0, 21, size, np.uint8))
    for path, ids in LISTS.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("".join(f"{one}\n" for one in ids))


def write_sbd_mask(path: Path, labels: np.ndarray) -> None:
    """A mask as SBD packs it."""
    boundaries = np.zeros((20, 1), object)
    present = np.unique(labels[labels > 0])
    truth = {"Segmentation": labels, "Boundaries": boundaries, "CategoriesPresent": present}
    savemat(path, {"GTcls": truth}, do_compression=True)


SUNRGBD_SIZES = {"train": 5, "test": 4}


def make_sunrgbd(folder: Path) -> None:
    """Write the three archives' files, labels numbered over both splits, test first."""
    rng = np.random.default_rng(0)
    labels = folder / "labels"
    labels.mkdir(parents=True)
    first_label = {"test": 1, "train": 1 + SUNRGBD_SIZES["test"]}
    for split, count in SUNRGBD_SIZES.items():
        images = folder / split
        images.mkdir()
        for number in range(count):
            size = SIZES[number % len(SIZES)]
            pixels = rng.integers(0, 256, (*size, 3), np.uint8)
            Image.fromarray(pixels).save(images / f"img-{1 + number:06d}.jpg")
            mask = rng.integers(0, 38, size, np.uint8)
            Image.fromarray(mask).save(labels / f"img-{first_label[split] + number:06d}.png")


def use_fake_sunrgbd(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the data set expect as many files as the fake has."""
    monkeypatch.setattr(sunrgbd, "SPLIT_SIZES", SUNRGBD_SIZES)

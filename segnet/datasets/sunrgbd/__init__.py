"""`sunrgbd`: indoor scenes from four depth cameras, SUN RGB-D with 37 classes; RGB only.

Source: the colour images and 37-class labels that https://github.com/ankurhanda/sunrgbd-meta-data
extracted from the toolbox of https://rgbd.cs.princeton.edu, whose own ``SUNRGBD2Dseg.mat`` needs
64 GB of memory to open. Their digests and sizes are not published: numbers of files, pairs, sizes
of images and labels are checked instead.

Licence: none is stated for the whole; parts come from NYU Depth v2, Berkeley B3DO and SUN3D.
Research use.

Citation: S. Song, S. Lichtenberg, J. Xiao, "SUN RGB-D: A RGB-D Scene Understanding Benchmark
Suite", CVPR 2015.

Splits: 5,285 training and 5,050 test images. ``val``, which chooses the checkpoint, is ``held_out``
training images, evenly spaced, so ``train`` is that much smaller than published.

Classes: 37 and void, label 0, which covers what is unlabelled or another thing.

Quirks: labels are numbered over both splits, test first: ``img-000001.png`` to ``img-005050.png``
belong to the test images with these numbers, ``img-005051.png`` to ``img-010335.png`` to the
training images 1 to 5,285. Sizes differ between cameras. Some images are frames of one video, and
this layout does not say which: ``val`` has near copies in ``train``, and intervals over images are
too narrow. The SegNet paper (arXiv 1511.00561 section 4.2) trains on all 5,285.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import numpy as np
from pydantic import Field

from segnet.atomic import fresh_folder
from segnet.datasets.definition import DatasetDefinition, DatasetFamily
from segnet.datasets.fetching.archives import extract_archive
from segnet.datasets.fetching.published_files import download, mirror_entry
from segnet.datasets.preparing.images import map_labels, read_labels, read_rgb
from segnet.datasets.preparing.palette import voc_colors
from segnet.datasets.preparing.samples import Pair, Sample
from segnet.datasets.splitting.validation_part import hold_out
from segnet.errors import UserError
from segnet.schema import Section
from segnet.taxonomy import IGNORE_INDEX, Taxonomy

SPLIT_SIZES = {"train": 5285, "test": 5050}
NAMES = (
    "wall floor cabinet bed chair sofa table door window bookshelf picture counter blinds desk "
    "shelves curtain dresser pillow mirror floor_mat clothes ceiling books fridge tv paper towel "
    "shower_curtain box whiteboard person night_stand toilet sink lamp bathtub bag"
)
SUNRGBD_37 = Taxonomy(tuple(NAMES.split()), voc_colors(1, 37))
FILE_NAME = re.compile(r"img-(\d{6})\.(jpg|jpeg|png|webp)")

IMAGES = "http://www.doc.ic.ac.uk/~ahanda"
LABELS = "https://github.com/ankurhanda/sunrgbd-meta-data/raw/master"
ARCHIVES = {
    "train": ("SUNRGBD-train_images.tgz", f"{IMAGES}/SUNRGBD-train_images.tgz"),
    "test": ("SUNRGBD-test_images.tgz", f"{IMAGES}/SUNRGBD-test_images.tgz"),
    "labels": ("sunrgbd_train_test_labels.tar.gz", f"{LABELS}/sunrgbd_train_test_labels.tar.gz"),
}
LIMIT_BYTES = 8 * 2**30
"""Of each archive. Theirs is not known; 5,285 images of a megabyte fit."""
FETCH_AGAIN = "Delete the folder and run `python -m pipelines.fetch sunrgbd`."

Files = dict[int, Path]


class SunRgbdOptions(Section):
    """``params.yaml: datasets.sunrgbd``."""

    held_out: int = Field(ge=1)
    """How many training images are ``val`` instead."""


def fetch(held_out: int, raw_folder: Path) -> None:
    """Unpack the three archives, of the mirror or downloaded. A folder with files is checked.

    Raises:
        UserError: if the mirror lacks one, one cannot be downloaded, or pairs are missing.
    """
    if raw_folder.exists() and any(raw_folder.iterdir()):
        find_pairs(held_out, raw_folder)
        return
    downloaded = []
    archives = {}
    for part, (name, url) in ARCHIVES.items():
        archive = mirror_entry(f"sunrgbd/{name}")
        if archive is None:
            archive = download([url], raw_folder.with_name(name))
            downloaded.append(archive)
        archives[part] = archive
    with fresh_folder(raw_folder) as scratch:
        for part, archive in archives.items():
            (scratch / part).mkdir()
            extract_archive(archive, scratch / part, inside=".", limit_bytes=LIMIT_BYTES)
        find_pairs(held_out, scratch)
    for archive in downloaded:
        archive.unlink()


def samples(held_out: int, raw_folder: Path) -> dict[str, list[Sample]]:
    """The images of each split, named ``train-000001`` or ``test-000001`` as they are numbered.

    Raises:
        UserError: if an image or a mask is missing or there are more.
    """
    return {
        split: [
            Sample(name, name, partial(read_pair, image, mask))
            for name, (image, mask) in pairs.items()
        ]
        for split, pairs in find_pairs(held_out, raw_folder).items()
    }


def read_pair(image_path: Path, mask_path: Path) -> Pair:
    """An image and its mask; class i of the 37 has label i + 1 in the file.

    Raises:
        UserError: if a file is damaged, the sizes differ, or a label is not 0..37; names the file.
    """
    image, labels = read_rgb(image_path), read_labels(mask_path)
    if image.shape[:2] != labels.shape:
        raise UserError(
            f"{image_path} is {image.shape[1]}x{image.shape[0]} but {mask_path} is "
            f"{labels.shape[1]}x{labels.shape[0]}. {FETCH_AGAIN}"
        )
    mask = map_labels(labels, mask_path, num_classes=1 + SUNRGBD_37.num_classes, void=0)
    return Pair(image, np.where(mask == IGNORE_INDEX, mask, mask - np.uint8(1)))


def find_pairs(held_out: int, folder: Path) -> dict[str, dict[str, tuple[Path, Path]]]:
    """Image and mask files by split and name.

    Raises:
        UserError: if an image or a mask is missing or there are more.
    """
    train_size, test_size = SPLIT_SIZES["train"], SPLIT_SIZES["test"]
    labels = _numbered(folder / "labels", range(1, 1 + test_size + train_size))
    pairs = {}
    for split, size, first_label in (("train", train_size, test_size + 1), ("test", test_size, 1)):
        images = _numbered(folder / split, range(1, 1 + size))
        pairs[split] = {
            f"{split}-{number:06d}": (images[number], labels[number - 1 + first_label])
            for number in range(1, 1 + size)
        }
    train = pairs["train"]
    val = set(hold_out(list(train), held_out, option="datasets.sunrgbd.held_out"))
    return {
        "train": {name: pair for name, pair in train.items() if name not in val},
        "val": {name: pair for name, pair in train.items() if name in val},
        "test": pairs["test"],
    }


def _numbered(folder: Path, numbers: Iterable[int]) -> Files:
    """The files ``img-NNNNNN.*`` anywhere under a folder by number; exactly ``numbers``."""
    files: Files = {}
    for path in sorted(folder.rglob("img-*")):
        if match := FILE_NAME.fullmatch(path.name):
            files[int(match[1])] = path
    wanted = set(numbers)
    for number in sorted(wanted ^ files.keys()):
        problem = "is missing" if number in wanted else "is one too many"
        raise UserError(
            f"{folder}/img-{number:06d} {problem}: {len(wanted)} files belong there. {FETCH_AGAIN}"
        )
    return files


def define(options: SunRgbdOptions) -> DatasetDefinition:
    """SUN RGB-D without depth."""
    total = SPLIT_SIZES["train"]
    return DatasetDefinition(
        title="SUN RGB-D, 37 classes, RGB",
        taxonomy=SUNRGBD_37,
        synthetic=False,
        source="https://github.com/ankurhanda/sunrgbd-meta-data",
        licence="not stated; research use",
        citation="Song, Lichtenberg, Xiao, CVPR 2015",
        fetch=partial(fetch, options.held_out),
        samples=partial(samples, options.held_out),
        note=(
            f"{options.held_out} of the {total} training images are held out to choose the "
            f"checkpoint; {total - options.held_out} are trained on."
        ),
    )


SUNRGBD = DatasetFamily(SunRgbdOptions, define)

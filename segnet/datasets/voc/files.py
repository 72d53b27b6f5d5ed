"""The files of ``voc``: where they are published, how they are paired."""

from __future__ import annotations

import shutil
from pathlib import Path

from segnet.atomic import fresh_folder
from segnet.datasets.fetching.archives import extract_archive
from segnet.datasets.fetching.published_files import download, mirror_entry
from segnet.datasets.preparing.images import files_by_stem
from segnet.datasets.splitting.validation_part import hold_out
from segnet.datasets.voc.lists import (
    SEG11VALID,
    TRAIN_AUG,
    Protocol,
    holds_lists,
    protocol_lists,
)
from segnet.errors import UserError

DEVKIT_URLS = (
    "http://host.robots.ox.ac.uk/pascal/VOC/voc2012/VOCtrainval_11-May-2012.tar",
    "https://thor.robots.ox.ac.uk/pascal/VOC/voc2012/VOCtrainval_11-May-2012.tar",
)
DEVKIT_BYTES = 1_999_639_040
DEVKIT_SHA256 = "e14f763270cf193d0b5f74b169f44157a4b0c6efa708f4dd0ff78ee691763bcb"
DEVKIT_FILES = ("JPEGImages/*.jpg", "SegmentationClass/*.png", "ImageSets/Segmentation/*.txt")
SBD_URLS = (
    "https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/semantic_contours/benchmark.tgz",
    "http://www.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/semantic_contours/benchmark.tgz",
)
SBD_SHA256 = "6a5a2918d5c73ce032fdeba876574d150d9d04113ab87540a1304cbcc715be53"
SBD_FILES = ("cls/*.mat", "train.txt", "val.txt")
SBD_MASKS = "benchmark_RELEASE/dataset/cls"
LIMIT_BYTES = 2 * 2**30
GITHUB = "https://raw.githubusercontent.com"
LIST_URLS = {
    TRAIN_AUG.path: (
        f"{GITHUB}/jiwoon-ahn/irn/master/voc12/train_aug.txt",
        f"{GITHUB}/Platygator/irn/eed93d5aabcc951b24e56fa7c12f5dbd111943d3/voc12/train_aug.txt",
    ),
    SEG11VALID.path: (
        f"{GITHUB}/shelhamer/fcn.berkeleyvision.org/"
        "1a16063ec76779ac7153723641c045c4b448b459/data/pascal/seg11valid.txt",
        f"{GITHUB}/BVLC/caffe/b235fe63d9bc5f06c4a0a152859e323edac3497f/data/pascal/seg11valid.txt",
    ),
}
FETCH_AGAIN = "Delete the folder and run `python -m pipelines.fetch voc`."


Pairs = dict[str, tuple[Path, Path]]


def fetch(protocol: Protocol, held_out: int, raw_folder: Path) -> None:
    """Copy what the protocol needs from the mirror, or download it.

    A folder that is complete for the protocol is left as it is; one of another protocol is
    replaced.

    Raises:
        UserError: if the mirror lacks it, nothing can be downloaded, or files are missing.
    """
    if not holds_lists(raw_folder, protocol):
        entries = [mirror_entry(f"voc/{part}") for part in protocol.parts]
        if entries[0] is not None:
            _copy(protocol, held_out, entries[0].parent, raw_folder)
        elif not protocol.is_published:
            raise UserError(
                "the sample of VOC is not published: SEGBENCH_MIRROR must name a folder or an "
                "address with voc/VOC2012. Set it, or set 'datasets.voc.protocol' to train_aug "
                "in params.yaml."
            )
        else:
            _download(raw_folder)
    find_pairs(protocol, held_out, raw_folder)


def _copy(protocol: Protocol, held_out: int, mirrored: Path, raw_folder: Path) -> None:
    """Copy the files of a protocol and no other."""
    lists = [mirrored / one.path for one in protocol.lists]
    pairs = find_pairs(protocol, held_out, mirrored)
    files = [file for part in pairs.values() for pair in part.values() for file in pair]
    with fresh_folder(raw_folder) as scratch:
        for file in (*lists, *files):
            target = scratch / file.relative_to(mirrored)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)


def _download(raw_folder: Path) -> None:
    """Download and unpack what both full protocols need."""
    devkit = download(
        DEVKIT_URLS,
        raw_folder.with_name("VOCtrainval_11-May-2012.tar"),
        size_bytes=DEVKIT_BYTES,
        sha256=DEVKIT_SHA256,
    )
    sbd = download(SBD_URLS, raw_folder.with_name("benchmark.tgz"), sha256=SBD_SHA256)
    lists = {
        path: download(urls, raw_folder.with_name(f"voc-{Path(path).name}"))
        for path, urls in LIST_URLS.items()
    }
    with fresh_folder(raw_folder) as scratch:
        for archive, inside, target, only in (
            (devkit, "VOCdevkit/VOC2012", "VOC2012", DEVKIT_FILES),
            (sbd, "benchmark_RELEASE/dataset", "benchmark_RELEASE/dataset", SBD_FILES),
        ):
            folder = scratch / target
            folder.mkdir(parents=True)
            extract_archive(archive, folder, inside=inside, limit_bytes=LIMIT_BYTES, only=only)
        for path, file in lists.items():
            (scratch / path).parent.mkdir(exist_ok=True)
            shutil.copyfile(file, scratch / path)
    for file in (devkit, sbd, *lists.values()):
        file.unlink()


def find_pairs(protocol: Protocol, held_out: int, folder: Path) -> dict[str, Pairs]:
    """Image and mask files by split and id, whatever the images' suffix.

    Raises:
        UserError: if a list is not the published one, two lists share an id, or a file is missing.
    """
    train, test, devkit = protocol_lists(folder, protocol)
    val = hold_out(sorted(devkit) or train, held_out, option="datasets.voc.held_out")
    from_sbd, is_val = set(train) - devkit, set(val)
    images = files_by_stem(folder / "VOC2012/JPEGImages")
    masks = files_by_stem(folder / "VOC2012/SegmentationClass")
    matlab = files_by_stem(folder / SBD_MASKS, suffixes=(".mat",)) if from_sbd else {}
    splits = {"train": [name for name in train if name not in is_val], "val": val, "test": test}
    pairs: dict[str, Pairs] = {}
    for split, names in splits.items():
        pairs[split] = {}
        for name in names:
            mask = (matlab if name in from_sbd else masks).get(name)
            if name not in images or mask is None:
                kind = "mask" if name in images else "image"
                raise UserError(f"{folder} has no {kind} of '{name}' ({split}). {FETCH_AGAIN}")
            pairs[split][name] = (images[name], mask)
    return pairs

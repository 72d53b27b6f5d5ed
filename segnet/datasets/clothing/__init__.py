"""`clothing`: Clothing Co-Parsing (CCP), street photos of people with 59 kinds of clothing.

Source: https://github.com/bearpaw/clothing-co-parsing, commit fe34fb7: ``photos/NNNN.jpg``,
``annotations/pixel-level/NNNN.mat`` (variable ``groundtruth``, 8 bits). GitHub's archives are not
the same bytes each time, so the decoded pixels are checked (``FINGERPRINTS``).

Licence: Apache-2.0 (the repository's LICENSE; the photos come from fashion sites).

Citation: W. Yang, P. Luo, L. Lin, "Clothing Co-Parsing by Joint Image Segmentation and Labeling",
CVPR 2014, arXiv 1502.00739.

Splits: 1,004 of the 2,098 photos have pixel labels; 550 pixels wide, about 825 high, 64 sizes.

- ``every_tenth``, train 800, val 100, test 100. karolcymerys/people-clothing-segmentation (commit
  5ab643c) sorts 1,000 images by name, validates on those with ``index % 10 == 0``, trains on the
  rest and has no test set. Here his validation images are test, and those with ``index % 10 == 5``,
  which he trains on, are val: test then chooses nothing. His list is that of a copy of CCP with
  1,000 of the 1,004 photos; which four it lacks is not known. It is taken to be the first 1,000 by
  name; the other four are left out.
- ``stratified``, train 796, val 108, test 100. All photos, by iterative stratification (Sechidis et
  al. 2011) 8 : 1 : 1 on which of the 59 classes occur, in the order of the SHA-256 of the names. A
  class in at least 10 photos is in every part. Both label sets share this split.

Classes: ``labels: all`` is the published list, whose ``null`` is called background here.
``labels: merged`` is 11 groups of them (``groups.yaml``). There is no void. Percent of all
pixels: background 76.90, skin 2.92, dress 2.72, coat 2.49, pants 2.41, hair 1.26, jeans 1.06; 17
classes have less than 0.02 each, 4 have none.

Quirks: clogs, intimate, panties and swimwear occur in no photo, earrings in one, bra, hoodie and
wedges in two; a photo has 8.24 classes on average. In ``every_tenth`` 13 classes are absent from
test, in ``stratified`` 8. So a mean over classes says little without its number of classes, and
synonyms (bag and purse, heels and pumps) are classes of their own: the merged set is the stable
task. Background alone gives 76.9 % pixel accuracy. Only the person portrayed is labelled, in
pieces with ragged borders; passers-by are background.
"""

from __future__ import annotations

import hashlib
import shutil
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import UInt8

from segnet.atomic import fresh_folder
from segnet.datasets.clothing.labels import (
    CLASSES,
    Translation,
    all_classes,
    merged_classes,
)
from segnet.datasets.definition import DatasetDefinition, DatasetFamily
from segnet.datasets.fetching.archives import extract_archive
from segnet.datasets.fetching.published_files import download, mirror_entry
from segnet.datasets.preparing.images import files_by_stem, read_rgb
from segnet.datasets.preparing.matlab import read_matrix
from segnet.datasets.preparing.samples import Pair, Sample
from segnet.datasets.splitting.stratification import stratify
from segnet.errors import UserError
from segnet.schema import Section

LABELLED_PHOTOS = 1004
LISTED_PHOTOS = 1000
"""Length of the list that ``every_tenth`` counts in."""
PARTS = ("train", "val", "test")
PART_WEIGHTS = (8, 1, 1)
PHOTOS = Path("photos")
MASKS = Path("annotations/pixel-level")
ARCHIVE_URLS = ("https://codeload.github.com/bearpaw/clothing-co-parsing/zip/fe34fb7",)
ARCHIVE_LIMIT_BYTES = 2 * 2**30
FINGERPRINTS = {
    ("every_tenth", "all"): "cdd56fd6f1c52eb52b53226d884af4793363556a8cb8ec33ef2303b2b31b37a8",
    ("every_tenth", "merged"): "2b31b1a3426beefca1e26dc09e3e8084a6d43b948ab0ca14ed96557541d4dc9a",
    ("stratified", "all"): "5139d23b4074fad62919e7f42a1e3b80aa9bf963311e4bf9d8859b2b2b45469a",
    ("stratified", "merged"): "c07476c6e415f4bc442e6ad6dd51a289f82a029fdcf82cadcc0d87cebe5c1de1",
}
"""By split and labels."""
FETCH_AGAIN = "Delete the folder and run `python -m pipelines.fetch clothing`."

Files = dict[str, tuple[Path, Path]]
"""Photo and mask by name, in name order."""


class ClothingOptions(Section):
    """``params.yaml: datasets.clothing``."""

    split: Literal["every_tenth", "stratified"]
    labels: Literal["all", "merged"]


def fetch(raw_folder: Path) -> None:
    """Copy the labelled photos from the mirror's ``ccp``, or download CCP. A complete folder stays.

    Raises:
        UserError: if the mirror lacks it, nothing can be downloaded, or photos or masks are
            missing.
    """
    if raw_folder.exists() and any(raw_folder.iterdir()):
        find_pairs(raw_folder)
        return
    mirrored = mirror_entry("ccp")
    if mirrored is not None:
        pairs = find_pairs(mirrored)
        with fresh_folder(raw_folder) as scratch:
            (scratch / PHOTOS).mkdir()
            (scratch / MASKS).mkdir(parents=True)
            for photo, mask in pairs.values():
                shutil.copyfile(photo, scratch / PHOTOS / photo.name)
                shutil.copyfile(mask, scratch / MASKS / mask.name)
        return
    archive = download(ARCHIVE_URLS, raw_folder.with_name(f"{raw_folder.name}.zip"))
    with fresh_folder(raw_folder) as scratch:
        extract_archive(archive, scratch, inside="*", limit_bytes=ARCHIVE_LIMIT_BYTES)
    find_pairs(raw_folder)
    archive.unlink()


def find_pairs(folder: Path) -> Files:
    """The photos that have a mask; the archive has as many again without one.

    Raises:
        UserError: if there are not ``LABELLED_PHOTOS`` masks, or one has no photo.
    """
    photos = files_by_stem(folder / PHOTOS)
    masks = files_by_stem(folder / MASKS, suffixes=(".mat",))
    if len(masks) != LABELLED_PHOTOS:
        raise UserError(
            f"{folder / MASKS} has {len(masks)} masks, not {LABELLED_PHOTOS}. {FETCH_AGAIN}"
        )
    for name in masks:
        if name not in photos:
            raise UserError(f"{folder / PHOTOS / name}.jpg is missing. {FETCH_AGAIN}")
    return {name: (photos[name], mask) for name, mask in masks.items()}


def samples(
    options: ClothingOptions, translation: Translation, raw_folder: Path
) -> dict[str, list[Sample]]:
    """The photos of each split. ``stratified`` reads the masks for it, which takes seconds.

    Raises:
        UserError: if a file is missing, or a mask that is read is damaged.
    """
    pairs = find_pairs(raw_folder)
    part_of = split_every_tenth(pairs) if options.split == "every_tenth" else split_evenly(pairs)
    return {
        part: [
            Sample(name, name, partial(read_pair, *pairs[name], translation))
            for name in pairs
            if part_of.get(name) == part
        ]
        for part in PARTS
    }


def split_every_tenth(pairs: Files) -> dict[str, str]:
    """The part of the first ``LISTED_PHOTOS``, by their place in the list."""
    chosen = {0: "test", 5: "val"}
    listed = list(pairs)[:LISTED_PHOTOS]
    return {name: chosen.get(place % 10, "train") for place, name in enumerate(listed)}


def split_evenly(pairs: Files) -> dict[str, str]:
    """The part of every photo, such that each class is in all parts if that is possible."""
    names = sorted(pairs, key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    presence = np.zeros((len(names), len(CLASSES)), bool)
    for row, name in enumerate(names):
        presence[row, read_labels(pairs[name][1]).ravel()] = True
    parts = stratify(presence, PART_WEIGHTS).tolist()
    return {name: PARTS[part] for name, part in zip(names, parts, strict=True)}


def read_pair(photo_path: Path, mask_path: Path, translation: Translation) -> Pair:
    """A photo and its mask.

    Raises:
        UserError: if a file is damaged, the sizes differ, or a label is unknown; names the file.
    """
    photo, labels = read_rgb(photo_path), read_labels(mask_path)
    if photo.shape[:2] != labels.shape:
        raise UserError(
            f"{photo_path} is {photo.shape[1]}x{photo.shape[0]} but {mask_path} is "
            f"{labels.shape[1]}x{labels.shape[0]}. {FETCH_AGAIN}"
        )
    return Pair(photo, translation[labels])


def read_labels(mask_path: Path) -> UInt8[np.ndarray, "h w"]:
    """The published labels of a mask.

    Raises:
        UserError: if the file is damaged, is no matrix of bytes, or has a label that is no class.
    """
    labels = read_matrix(mask_path, "groundtruth")
    if labels.ndim != 2 or labels.dtype != np.uint8:
        raise UserError(f"{mask_path} holds {labels.dtype}{labels.shape}, no mask. {FETCH_AGAIN}")
    if labels.max(initial=0) >= len(CLASSES):
        row, column = np.argwhere(labels >= len(CLASSES))[0].tolist()
        raise UserError(
            f"{mask_path} has label {labels[row, column]} at row {row}, column {column}; labels "
            f"are 0..{len(CLASSES) - 1}. {FETCH_AGAIN}"
        )
    return labels


def define(options: ClothingOptions) -> DatasetDefinition:
    """CCP with one of its splits and one of its label sets."""
    taxonomy, translation = all_classes() if options.labels == "all" else merged_classes()
    notes = {
        "every_tenth": "Test is the validation set of karolcymerys/people-clothing-segmentation, "
        "found by place in a sorted list.",
        "stratified": "The split is ours and compares with nothing published.",
    }
    absent = {"every_tenth": 13, "stratified": 8}[options.split] if options.labels == "all" else 0
    missing = f" {absent} of the 59 classes do not occur in test." if absent else ""
    return DatasetDefinition(
        title=f"Clothing Co-Parsing, {taxonomy.num_classes} classes, split {options.split}",
        taxonomy=taxonomy,
        synthetic=False,
        source="https://github.com/bearpaw/clothing-co-parsing, commit fe34fb7",
        licence="Apache-2.0",
        citation="Yang, Luo, Lin, Clothing Co-Parsing, CVPR 2014, arXiv 1502.00739",
        fetch=fetch,
        samples=partial(samples, options, translation),
        fingerprint=FINGERPRINTS[options.split, options.labels],
        note=notes[options.split] + missing,
    )


CLOTHING = DatasetFamily(ClothingOptions, define)

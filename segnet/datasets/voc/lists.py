"""The lists of image ids that Pascal VOC is split by, and the protocols that pair them.

Sizes and digests are those of the published lists: the devkit's ``ImageSets``, ``seg11valid.txt``
of FCN, and the list of 10,582 ids that most call ``train_aug``. The digest of SBD's ``train.txt``
is not known; the archive that it comes in has one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from segnet.datasets.splitting.validation_part import require_disjoint
from segnet.errors import UserError

IMAGE_SETS = "VOC2012/ImageSets/Segmentation"


@dataclass(frozen=True)
class IdList:
    """A published list."""

    path: str
    """In the folder of the raw files."""
    size: int
    sha256: str = ""
    """Of the ids in ascending order, each with a line break; empty if not known."""


@dataclass(frozen=True)
class Protocol:
    """Which images are trained on and which are scored."""

    title: str
    train: IdList
    test: IdList
    devkit: IdList | None
    """The training images whose masks are the devkit's. The masks of the others are SBD's. None
    stands for no image."""
    is_published: bool = True

    @property
    def lists(self) -> list[IdList]:
        """All its lists, each once."""
        return list(dict.fromkeys(one for one in (self.train, self.test, self.devkit) if one))

    @property
    def parts(self) -> tuple[str, ...]:
        """Its folders in the mirror."""
        return ("VOC2012", "benchmark_RELEASE", "lists") if self.is_published else ("VOC2012",)


DEVKIT_TRAIN = IdList(
    f"{IMAGE_SETS}/train.txt",
    1464,
    "aa623bd2c8ce4443a8aaae51c524c0eb165e8e44caf6aa9e3ad33d7b75a3ef20",
)
DEVKIT_VAL = IdList(
    f"{IMAGE_SETS}/val.txt",
    1449,
    "cdc1326d12f69ce5153aa5da04a4d8783e146868d42d19f82f44e74b97ac907d",
)
TRAIN_AUG = IdList(
    "lists/train_aug.txt",
    10582,
    "d1326bd532648d73bc4b1bd275434eba81930982dc7401a65a8cecb26c028e24",
)
SEG11VALID = IdList(
    "lists/seg11valid.txt",
    736,
    "4ca991bd72c251fd2485eaa9e29536502ea3800d1b1c17c151fd6a04bcfbc2cc",
)
SBD_TRAIN = IdList("benchmark_RELEASE/dataset/train.txt", 8498)
SAMPLE_TRAIN = IdList(
    f"{IMAGE_SETS}/train.txt",
    120,
    "1ec65e9fb41fc8e11e7c50d101da1111a272cd7cea77008f6f0a881d9ee8785b",
)
SAMPLE_VAL = IdList(
    f"{IMAGE_SETS}/val.txt",
    120,
    "09747e02df9443ab6eef857105b9f9ea1affa26572c35e3730bd681cdbcc1a4c",
)
PROTOCOLS = {
    "train_aug": Protocol("train_aug -> val", TRAIN_AUG, DEVKIT_VAL, devkit=DEVKIT_TRAIN),
    "sbd_train": Protocol("SBD train -> seg11valid", SBD_TRAIN, SEG11VALID, devkit=None),
    "sample": Protocol(
        "a sample of 120 + 120 images",
        SAMPLE_TRAIN,
        SAMPLE_VAL,
        devkit=SAMPLE_TRAIN,
        is_published=False,
    ),
}


def protocol_lists(folder: Path, protocol: Protocol) -> tuple[list[str], list[str], set[str]]:
    """The ids to train on, to score, and those whose masks are the devkit's.

    Raises:
        UserError: if a list is missing, repeats an id, shares one with the list that it is scored
            on, or is not the published one.
    """
    train, test = read_ids(folder / protocol.train.path), read_ids(folder / protocol.test.path)
    require_disjoint({protocol.train.path: train, protocol.test.path: test})
    devkit = read_ids(folder / protocol.devkit.path) if protocol.devkit else []
    _check(train, protocol.train, folder)
    _check(test, protocol.test, folder)
    if protocol.devkit:
        _check(devkit, protocol.devkit, folder)
    return train, test, set(devkit)


def read_ids(path: Path) -> list[str]:
    """The ids of a list, one a line, in ascending order.

    Raises:
        UserError: if there is no such file, or an id occurs twice.
    """
    try:
        ids = sorted(path.read_text().split())
    except FileNotFoundError:
        raise UserError(f"{path} does not exist. Fetch the data set again.") from None
    for one, other in pairwise(ids):
        if one == other:
            raise UserError(f"{path} has '{one}' twice. Fetch the data set again.")
    return ids


def holds_lists(folder: Path, protocol: Protocol) -> bool:
    """Whether the lists of a protocol lie in a folder, as long as they should be."""
    return all(
        (folder / one.path).is_file() and len(read_ids(folder / one.path)) == one.size
        for one in protocol.lists
    )


def _check(ids: list[str], expected: IdList, folder: Path) -> None:
    if len(ids) != expected.size:
        raise UserError(
            f"{folder / expected.path} has {len(ids)} ids, not {expected.size}. It is not the "
            "published list: delete the folder and fetch again, or choose another "
            "'datasets.voc.protocol' in params.yaml."
        )
    digest = hashlib.sha256("".join(f"{one}\n" for one in ids).encode()).hexdigest()
    if expected.sha256 and digest != expected.sha256:
        raise UserError(
            f"{folder / expected.path} has as many ids as the published list, but others (SHA-256 "
            f"{digest[:12]}, not {expected.sha256[:12]}). Delete the folder and fetch again."
        )

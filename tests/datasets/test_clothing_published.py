"""The published Clothing Co-Parsing, where the mirror has it."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from fake_clothing import ABSENT

from segnet.datasets import clothing
from segnet.datasets.clothing.labels import CLASSES
from segnet.datasets.prepared.store import PreparedDataset
from segnet.datasets.preparing.parallel import worker_processes
from segnet.datasets.preparing.writing import write_dataset
from segnet.datasets.registry import define_dataset

MIRROR = os.environ.get("SEGBENCH_MIRROR")
pytestmark = pytest.mark.skipif(MIRROR is None, reason="SEGBENCH_MIRROR is not set")


def prepare(folder: Path, split: str, labels: str) -> PreparedDataset:
    """Write the store, which checks the pinned fingerprint."""
    defined = define_dataset("clothing", {"clothing": {"split": split, "labels": labels}})
    with worker_processes() as executor:
        return write_dataset(
            folder,
            defined.taxonomy,
            defined.samples(Path(str(MIRROR)) / "ccp"),
            working_size=(32, 32),
            expected_fingerprint=defined.fingerprint,
            executor=executor,
        )


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> PreparedDataset:
    return prepare(tmp_path_factory.mktemp("clothing") / "store", "stratified", "all")


def test_the_classes_are_those_of_the_published_list() -> None:
    published = scipy.io.loadmat(Path(str(MIRROR)) / "ccp/label_list.mat")["label_list"]
    assert ("null", *CLASSES[1:]) == tuple(str(name.item()) for name in published.ravel())


@pytest.mark.slow
def test_the_published_pixels_have_the_pinned_fingerprint(real: PreparedDataset) -> None:
    assert real.fingerprint == clothing.FINGERPRINTS["stratified", "all"]
    assert [len(part) for part in real.splits.values()] == [796, 108, 100]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("split", "labels", "sizes"),
    [
        ("every_tenth", "all", [800, 100, 100]),
        ("every_tenth", "merged", [800, 100, 100]),
        ("stratified", "merged", [796, 108, 100]),
    ],
)
def test_every_option_has_its_pinned_fingerprint(
    split: str, labels: str, sizes: list[int], tmp_path: Path
) -> None:
    data = prepare(tmp_path / "store", split, labels)
    assert data.fingerprint == clothing.FINGERPRINTS[split, labels]
    assert [len(part) for part in data.splits.values()] == sizes
    if labels == "merged":
        for part in data.splits.values():
            assert (part.class_counts.sum(0) > 0).all()


@pytest.mark.slow
def test_class_shares_of_the_published_labels(real: PreparedDataset) -> None:
    """Percent of all pixels, counted independently from upstream's label files."""
    counts = np.concatenate([data.class_counts for data in real.splits.values()])
    shares = dict(zip(real.taxonomy.names, counts.sum(0) / counts.sum() * 100, strict=True))
    for name, share in {
        "background": 76.90,
        "skin": 2.92,
        "dress": 2.72,
        "coat": 2.49,
        "pants": 2.41,
        "hair": 1.26,
        "jeans": 1.06,
        "bag": 0.90,
        "blouse": 0.87,
        "skirt": 0.86,
        "shoes": 0.83,
        "suit": 0.73,
        "shirt": 0.65,
        "blazer": 0.62,
        "sweater": 0.60,
        "jacket": 0.46,
        "t-shirt": 0.44,
        "purse": 0.42,
    }.items():
        assert shares[name] == pytest.approx(share, abs=0.0051), name
    assert [name for name, share in shares.items() if share == 0] == [CLASSES[i] for i in ABSENT]
    images = dict(zip(real.taxonomy.names, (counts > 0).sum(0).tolist(), strict=True))
    assert {name: images[name] for name in ("earrings", "hoodie", "wedges", "bra", "tights")} == {
        "earrings": 1,
        "hoodie": 2,
        "wedges": 2,
        "bra": 2,
        "tights": 8,
    }
    assert (counts > 0).sum(1).mean() == pytest.approx(8.24, abs=0.005)


@pytest.mark.slow
def test_every_class_in_ten_photos_is_in_each_part_of_the_stratified_split(
    real: PreparedDataset,
) -> None:
    present = {part: (data.class_counts > 0).sum(0) for part, data in real.splits.items()}
    frequent = sum(present.values()) >= 10
    assert frequent.sum() == 48
    for images in present.values():
        assert (images[frequent] > 0).all()
    assert (present["test"] == 0).sum() == 8


@pytest.mark.slow
def test_13_classes_are_absent_from_the_validation_set_of_the_reference_implementation() -> None:
    pairs = clothing.find_pairs(Path(str(MIRROR)) / "ccp")
    parts = clothing.split_every_tenth(pairs)
    test = [name for name, part in parts.items() if part == "test"]
    assert len(test) == 100
    worn = {label for name in test for label in np.unique(clothing.read_labels(pairs[name][1]))}
    absent = "bra clogs earrings flats hoodie intimate jumper panties pumps ring swimwear tights"
    assert set(CLASSES) - {CLASSES[label] for label in worn} == {*absent.split(), "wedges"}

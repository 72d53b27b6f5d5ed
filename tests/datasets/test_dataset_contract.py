"""What every entry of ``DATASETS`` keeps, on a fake in the layout of the real one."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_camvid32 import expect_small_camvid32, make_camvid32
from fake_clothing import expect_small_clothing, make_clothing
from fake_custom import make_custom
from fake_photos import make_sunrgbd, make_voc, use_fake_lists, use_fake_sunrgbd
from fakes import CAMVID_SIZES, files_of, make_camvid

from segnet.datasets import camvid
from segnet.datasets.custom import write_pairs
from segnet.datasets.custom.description import read_description
from segnet.datasets.definition import DatasetDefinition, define
from segnet.datasets.fetching import transfer
from segnet.datasets.prepared.store import PreparedDataset
from segnet.datasets.preparing.palette import to_lab
from segnet.datasets.preparing.samples import Sample
from segnet.datasets.preparing.writing import write_dataset
from segnet.datasets.registry import DATASETS
from segnet.paths import raw_folder
from segnet.taxonomy import IGNORE_COLOR, IGNORE_INDEX

OWN_DATA = Path("drawings")
"""Where the images and the YAML of ``custom`` lie; its raw folder has their manifest only."""


def nothing(_: Any) -> None:
    """For what needs no files or no change."""


@dataclass(frozen=True)
class Fake:
    """How to stand in for a data set."""

    make: Callable[[Path], None] = nothing
    """Writes its raw files, in the layout of the real ones."""
    expect: Callable[[pytest.MonkeyPatch], None] = nothing
    """Makes the data set expect as few files as the fake has."""
    options: list[Mapping[str, Any]] = field(default_factory=lambda: [{}])
    """Options to try; each is one case."""


def expect_few_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camvid, "SPLIT_SIZES", CAMVID_SIZES)


def make_own_data(raw_folder: Path) -> None:
    file = make_custom(OWN_DATA, count=20)
    write_pairs(read_description(file), file, raw_folder)


FAKES: dict[str, Fake] = {
    "camvid": Fake(make_camvid, expect_few_frames),
    "camvid32": Fake(
        make_camvid32,
        expect_small_camvid32,
        [{"labels": labels} for labels in ("all", "grouped_11")],
    ),
    "clothing": Fake(
        make_clothing,
        expect_small_clothing,
        [
            {"split": split, "labels": labels}
            for split in ("every_tenth", "stratified")
            for labels in ("all", "merged")
        ],
    ),
    "custom": Fake(make_own_data, options=[{"file": str(OWN_DATA / "drawings.yaml")}]),
    "streets": Fake(
        options=[{"seed": 0, "height": 24, "width": 32, "train": 3, "val": 2, "test": 2}]
    ),
    "sunrgbd": Fake(make_sunrgbd, use_fake_sunrgbd, [{"held_out": 2}]),
    "voc": Fake(
        make_voc,
        use_fake_lists,
        [
            {"protocol": protocol, "held_out": 2}
            for protocol in ("train_aug", "sbd_train", "sample")
        ],
    ),
}
NO_FAKE: Mapping[str, Any] = {"": "no fake"}
CASES = [
    pytest.param(name, options, id="-".join([name, *map(str, options.values())]))
    for name in DATASETS
    for options in (FAKES[name].options if name in FAKES else [NO_FAKE])
]


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the raw files of the data set of a case lie; nothing can be fetched."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEGBENCH_MIRROR", "http://127.0.0.1:9")
    monkeypatch.setattr(transfer, "FIRST_PAUSE_S", 0.0)
    return tmp_path


def settle(
    name: str, options: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> tuple[DatasetDefinition, Path]:
    """The data set of a case and the folder of its fake."""
    if name not in FAKES:
        pytest.fail(
            f"DATASETS has '{name}', FAKES of {Path(__file__).name} has not. Add a function that "
            "writes a small one in the layout of the real one, so that the contract is tested."
        )
    FAKES[name].expect(monkeypatch)
    folder = raw_folder(name)
    FAKES[name].make(folder)
    return define(name, DATASETS[name], options), folder


def prepare(definition: DatasetDefinition, folder: Path, target: str) -> PreparedDataset:
    samples = definition.samples(folder)
    return write_dataset(Path(target), definition.taxonomy, samples, working_size=(8, 8))


@pytest.mark.parametrize(("name", "options"), CASES)
def test_a_complete_folder_is_not_fetched_again(
    name: str, options: Mapping[str, Any], raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    definition, folder = settle(name, options, monkeypatch)
    before = files_of(folder) if folder.exists() else {}
    definition.fetch(folder)
    assert before.items() <= files_of(folder).items()
    assert before == {} or before == files_of(folder)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_splits_are_train_val_test_and_no_name_is_in_two(
    name: str, options: Mapping[str, Any], raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    definition, folder = settle(name, options, monkeypatch)
    samples = definition.samples(folder)
    assert list(samples) == ["train", "val", "test"]
    assert all(samples.values())
    names = [one.name for part in samples.values() for one in part]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("name", "options"), CASES)
def test_pairs_have_one_size_and_masks_hold_classes_and_void_only(
    name: str, options: Mapping[str, Any], raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    definition, folder = settle(name, options, monkeypatch)
    allowed = {*range(definition.taxonomy.num_classes), IGNORE_INDEX}
    seen: set[int] = set()
    for one in every_sample(definition, folder):
        image, mask = one.read()
        assert image.shape == (*mask.shape, 3)
        assert image.dtype == mask.dtype == np.uint8
        seen |= set(np.unique(mask).tolist())
    assert seen <= allowed
    assert len(seen) > 1


@pytest.mark.parametrize(("name", "options"), CASES)
def test_preparing_twice_gives_the_same_fingerprint_and_fewer_images_another(
    name: str, options: Mapping[str, Any], raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    definition, folder = settle(name, options, monkeypatch)
    first, second = (prepare(definition, folder, f"store{number}") for number in range(2))
    assert first.fingerprint == second.fingerprint
    for split, part in first.splits.items():
        np.testing.assert_array_equal(part.masks, second.splits[split].masks)
        np.testing.assert_array_equal(part.images, second.splits[split].images)
    samples = definition.samples(folder)
    fewer = {**samples, "test": samples["test"][1:]}
    third = write_dataset(Path("fewer"), definition.taxonomy, fewer, working_size=(8, 8))
    assert third.fingerprint != first.fingerprint


@pytest.mark.parametrize(("name", "options"), CASES)
def test_a_data_set_states_its_facts(
    name: str, options: Mapping[str, Any], raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    definition, _ = settle(name, options, monkeypatch)
    for fact in (definition.title, definition.source, definition.licence, definition.citation):
        assert fact.strip()
    taxonomy = definition.taxonomy
    assert len(taxonomy.names) == len(taxonomy.colors) == taxonomy.num_classes > 1
    assert len(set(taxonomy.names)) == len(set(taxonomy.colors)) == taxonomy.num_classes
    assert all(0 <= value <= 255 for color in taxonomy.colors for value in color)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_void_looks_like_no_class(
    name: str, options: Mapping[str, Any], raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A CIELAB distance of 2.3 is just noticeable."""
    definition, _ = settle(name, options, monkeypatch)
    void, *classes = to_lab(np.array([IGNORE_COLOR, *definition.taxonomy.colors], np.uint8))
    assert min(np.linalg.norm(color - void) for color in classes) > 10


def test_a_data_set_without_a_fake_fails_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(pytest.fail.Exception, match=r"DATASETS has 'new', FAKES .* has not\. Add"):
        settle("new", NO_FAKE, monkeypatch)


@pytest.mark.parametrize("name", DATASETS)
def test_the_data_sheet_says_where_the_data_is_from_and_what_is_odd(name: str) -> None:
    sheet = importlib.import_module(f"segnet.datasets.{name}").__doc__ or ""
    parts = re.findall(
        r"^(Source|Licence|Citation|Splits|Classes|Quirks)[:,] ", sheet, re.MULTILINE
    )
    assert sheet.startswith(f"`{name}`:")
    assert parts == ["Source", "Licence", "Citation", "Splits", "Classes", "Quirks"]


def every_sample(definition: DatasetDefinition, folder: Path) -> list[Sample]:
    return [one for part in definition.samples(folder).values() for one in part]


def test_registry_imports_no_data_set_before_it_is_asked_for() -> None:
    code = (
        "import sys, segnet.datasets.registry, segnet.datasets.prepared.store; "
        "sys.exit(any(f'segnet.datasets.{name}' in sys.modules "
        "for name in segnet.datasets.registry.DATASETS))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

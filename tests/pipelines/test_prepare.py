from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from fake_custom import YAML, make_custom
from PIL import Image

from pipelines import fetch, prepare
from segnet.datasets.prepared.store import read_dataset
from segnet.datasets.preparing.samples import Pair, Sample
from segnet.datasets.preparing.writing import write_dataset
from segnet.datasets.registry import DATASETS
from segnet.errors import UserError
from segnet.taxonomy import IGNORE_INDEX, Taxonomy

ROOT = Path(__file__).resolve().parents[2]
STREETS = "streets: {seed: 0, height: 24, width: 32, train: 3, val: 1, test: 2}"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project with this project's parameters and a small ``streets``."""
    lines = (ROOT / "params.yaml").read_text().splitlines()
    small = {"  streets:": f"  {STREETS}", "  working_size:": "  working_size: [16, 16]"}
    for start, replacement in small.items():
        lines = [replacement if line.startswith(start) else line for line in lines]
    (tmp_path / "params.yaml").write_text("\n".join(lines) + "\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = (sys.executable, "-m", module, *arguments)
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.mark.slow
def test_fetch_prepare_and_blind_predictors_run_from_an_empty_project(project: Path) -> None:
    for module, arguments in (
        ("pipelines.fetch", ("streets",)),
        ("pipelines.weights", ("random",)),
        ("pipelines.prepare", ("streets",)),
        ("pipelines.blind_predictors", ("streets",)),
    ):
        result = run(module, *arguments)
        assert result.returncode == 0, result.stderr
        if module == "pipelines.prepare":
            assert "train (3)" in result.stdout
            assert "Bicyclist" in result.stdout
            assert "synthetic" in result.stdout
            assert not result.stdout.endswith("\n\n")  # streets has no note
            assert "train: 3 images in " in result.stderr
    assert (project / "data/raw/streets/README").exists()
    assert (project / "data/weights/random/README").exists()
    data = read_dataset(project / "data/prepared/demo/streets")
    assert {split: part.images.shape for split, part in data.splits.items()} == {
        "train": (3, 12, 16, 3),
        "val": (1, 12, 16, 3),
        "test": (2, 12, 16, 3),
    }
    assert data.splits["test"].masks.shape == (2, 24, 32)
    for predictor in ("majority", "prior"):
        assert (project / f"reports/demo/runs/streets-{predictor}-none-s0/metrics.json").exists()


def test_a_user_error_is_a_message_and_not_a_traceback(project: Path) -> None:
    result = run("pipelines.prepare", "street")
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == (
        "error: unknown data set 'street'. Did you mean 'streets'? "
        f"Known: {', '.join(sorted(DATASETS))}.\n"
    )


def test_an_unknown_option_stops_before_anything_is_fetched(project: Path) -> None:
    text = (project / "params.yaml").read_text()
    (project / "params.yaml").write_text(text.replace("seed: 0, height", "sed: 0, height"))
    for stage in (fetch.main, prepare.main):
        with pytest.raises(UserError, match=r"'datasets\.streets\.sed'\. Did you mean 'seed'"):
            stage("streets")
    assert not (project / "data").exists()


def test_preparing_what_was_not_fetched_is_an_error(project: Path) -> None:
    with pytest.raises(UserError, match=r"data/raw/camvid/train does not exist"):
        prepare.main("camvid")


def test_the_table_counts_images_and_names_what_is_absent(tmp_path: Path) -> None:
    """Label 1 is in two of train's three masks and in none of test's."""
    masks = {"train": ([0, 1], [1, 1], [0, 0]), "test": ([0, 0], [0, IGNORE_INDEX])}
    image = np.zeros((1, 2, 3), np.uint8)
    splits = {
        split: [
            Sample(f"{split}{number}", "", partial(Pair, image, np.array([mask], np.uint8)))
            for number, mask in enumerate(rows)
        ]
        for split, rows in masks.items()
    }
    classes = Taxonomy(("land", "water"), ((0, 128, 0), (0, 0, 128)))
    data = write_dataset(tmp_path / "store", classes, splits, working_size=(1, 2))
    assert prepare.absent_classes(data) == ["test has 1 of 2 classes; absent: water"]
    table = prepare.class_table("title", data)
    cells = [[str(cell) for cell in column.cells] for column in table.columns]
    assert [column.header for column in table.columns] == [
        "class",
        "train (3)",
        "images",
        "test (2)",
        "images",
    ]
    assert list(zip(*cells, strict=True)) == [
        ("land", "50.00", "2", "100.00", "2"),
        ("water", "50.00", "2", "0.00", "0"),
        ("void (% of all)", "0.00", "", "25.00", ""),
    ]


@pytest.mark.parametrize(
    ("labels", "classes", "line"),
    [
        ({0: 0, 1: 255, 2: 255}, "[ground, thing]", "{ground: {label: 0}, thing: {label: 255}}"),
        (
            {0: 1, 1: 2, 2: 2},
            "[ground, disc, box]",
            "{ground: {label: 1}, disc: {label: 2}, box: {label: 3}}",
        ),
        ({2: 0}, "[ground, disc, box]", "out of `classes`"),
    ],
)
def test_class_that_no_training_image_shows_stops_before_training(
    project: Path, labels: dict[int, int], classes: str, line: str
) -> None:
    file = make_custom(project / "own", text=YAML.replace("[ground, disc, box]", classes))
    for path in (project / "own/masks").iterdir():
        with Image.open(path) as image:
            stored = np.array(image)
        Image.fromarray(
            np.array([labels.get(one, one) for one in range(256)], np.uint8)[stored]
        ).save(path)
    params = project / "params.yaml"
    params.write_text(
        params.read_text().replace("datasets:\n", f"datasets:\n  custom: {{file: {file}}}\n")
    )
    fetch.main("custom")
    with pytest.raises(UserError) as stop:
        prepare.main("custom")
    assert "no training image has a pixel of" in str(stop.value)
    assert line in str(stop.value)

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from fake_project import write_params, write_prepared
from fake_results import (
    FACTS,
    count_pairs,
    fake_bench,
    write_scores,
    write_training,
)
from PIL import Image
from typer.testing import CliRunner

from segnet.atomic import write_arrays
from segnet.cli import app
from segnet.datasets.prepared.store import PreparedSplit, read_dataset
from segnet.grid import Cell
from segnet.paths import cell_run_folder, prepared_folder
from segnet.results.cells import BenchRecord, cells_of
from segnet.taxonomy import CAMVID_11


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PreparedSplit:
    """A bench of two trained models, `fcn8s` the better, whose predictions are here."""
    monkeypatch.chdir(tmp_path)
    write_params(tmp_path)
    write_prepared()
    test = read_dataset(prepared_folder("demo", "streets")).splits["test"]
    bench = fake_bench(models=("unet", "fcn8s"), seeds=(0, 1))
    for cell in cells_of(bench):
        if cell.model in bench.models:
            predicted = predictions(test, cell)
            counts = count_pairs(test.masks, predicted, 11)
            write_training(bench, cell)
            write_scores(
                bench,
                cell,
                {"selected": counts, "last": counts},
                taxonomy=CAMVID_11,
                names=test.names,
                sequences=test.sequences,
            )
            folder = cell_run_folder(bench.name, cell.slug)
            write_arrays(folder / "predictions.npz", {"selected": predicted})
    BenchRecord(bench=bench, data={"streets": FACTS}).write(Path("reports/fake"))
    return test


def predictions(test: PreparedSplit, cell: Cell) -> np.ndarray:
    share = 0.2 if cell.model == "fcn8s" else 0.5
    wrong = np.random.default_rng(cell.seed).random(test.masks.shape) < share
    return np.where(wrong, (test.masks + 1) % 11, test.masks).astype(np.uint8)


def browse(*options: str, exit_code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["browse", *options])
    assert result.exit_code == exit_code, result.output
    return result


def content(path: str = "browse.html") -> dict[str, Any]:
    (text,) = re.findall(r'<script id="content"[^>]*>(.*?)</script>', Path(path).read_text(), re.S)
    found: dict[str, Any] = json.loads(text)
    return found


def names(found: dict[str, Any]) -> list[str]:
    return [row["name"] for row in found["rows"]]


def test_rows_of_a_bench_are_shown_best_first_one_seed_each(project: PreparedSplit) -> None:
    assert browse("fake").stdout == "browse.html\n"
    found = content()
    assert names(found) == ["fcn8s/ce s0", "unet/ce s0"]
    assert [one["name"] for one in found["images"]] == list(project.names)
    total = np.zeros(12 * 12, int)
    for sparse in found["rows"][0]["counts"]:
        total[sparse[::2]] += sparse[1::2]
    cell = next(one for one in cells_of(fake_bench()) if one.model == "fcn8s")
    expected = count_pairs(project.masks, predictions(project, cell), 11).sum(0)
    np.testing.assert_array_equal(total.reshape(12, 12)[:11, :11], expected)


def test_rows_and_folders_are_named_together(project: PreparedSplit) -> None:
    Path("mine").mkdir()
    for name, mask in zip(project.names, project.masks, strict=True):
        Image.fromarray(mask).save(f"mine/out_{name}.png")
    browse("mine", "fake:unet/ce", "--dataset", "streets", "--output", "page.html")
    assert names(content("page.html")) == ["mine", "unet/ce s0"]
    browse("mine", "--dataset", "streets")
    assert names(content()) == ["mine"]


def test_seed_whose_predictions_are_here_stands_for_the_row() -> None:
    Path("runs/fake/streets-unet-ce-s0/predictions.npz").unlink()
    browse("fake")
    assert names(content()) == ["fcn8s/ce s0", "unet/ce s1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fake:nothing"], "unknown model 'nothing'"),
        (["fakes"], "unknown bench 'fakes'. Did you mean 'fake'?"),
        (["fake", "--dataset", "street"], "unknown data set 'street'. Did you mean 'streets'?"),
        (["pictures"], "--dataset is missing"),
        (["fake", "--split", "val"], "keep predictions of the test split only"),
        (["pictures", "--dataset", "streets"], "no prediction in it"),
    ],
)
def test_what_cannot_be_shown_is_told(arguments: list[str], message: str) -> None:
    Path("pictures").mkdir()
    assert message in str(browse(*arguments, exit_code=1).exception)
    assert not Path("browse.html").exists()


def test_data_set_that_the_bench_has_not_is_told() -> None:
    write_prepared(dataset="camvid")
    message = str(browse("fake", "--dataset", "camvid", exit_code=1).exception)
    assert "bench 'fake': unknown dataset 'camvid'. Known: streets" in message


def test_bench_without_predictions_says_which_file_it_wants() -> None:
    for path in Path("runs").rglob("predictions.npz"):
        path.unlink()
    message = str(browse("fake", exit_code=1).exception)
    assert "there is no runs/fake/streets-unet-ce-s0/predictions.npz" in message
    assert "Run `dvc repro`" in message


def test_predictions_of_other_data_are_an_error() -> None:
    folder = Path("runs/fake/streets-unet-ce-s0")
    write_arrays(folder / "predictions.npz", {"selected": np.zeros((1, 4, 4), np.uint8)})
    assert "is of other data" in str(browse("fake", exit_code=1).exception)

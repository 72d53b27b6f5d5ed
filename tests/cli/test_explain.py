from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from click.testing import Result
from fake_custom import make_custom
from fake_results import FACTS, GOOD, fake_bench, write_cell
from typer.testing import CliRunner

from segnet.cli import app
from segnet.datasets.custom.description import read_description
from segnet.datasets.custom.pairs import survey
from segnet.reporting.comparison import compare_cells
from segnet.results.cells import BenchRecord, cells_of, load_bench


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report with one row of three seeds, `segnet_v1/ce`: IoU 8/10 and 10/12."""
    monkeypatch.chdir(tmp_path)
    bench = fake_bench(models=("segnet_v1",))
    for cell in cells_of(bench):
        write_cell(bench, cell, GOOD)
    BenchRecord(bench=bench, data={"streets": FACTS}).write(Path("reports/fake"))


def explain(*options: str, exit_code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["explain", *options])
    assert result.exit_code == exit_code, result.output
    return result


def values(printed: str) -> dict[str, float | None]:
    return {one["definition"]: one["value"] for one in json.loads(printed)["definitions"]}


def test_a_row_of_a_report_is_explained_from_its_counts_alone() -> None:
    found = values(explain("fake:v1/ce", "--json").stdout)
    assert found["strict"] == pytest.approx(49 / 60)
    assert found["pixel-accuracy"] == pytest.approx(18 / 20)
    assert found["validation"] == pytest.approx(0.5)
    assert found["half"] is None


def test_a_number_that_was_read_is_given_the_definitions_that_say_it() -> None:
    for target in ("0.9", "90"):
        printed = explain("fake:v1/ce", "--target", target)
        assert "G: share of right pixels: 90.00" in printed.stdout
    printed = explain("fake:v1/ce", "--target", "0.3")
    assert "no definition comes within a point; the nearest is validation" in printed.stdout


def test_a_folder_has_the_definitions_that_need_masks(tmp_path: Path) -> None:
    file = make_custom(tmp_path / "own")
    pairs = survey(read_description(file), file).splits
    for split in ("val", "test"):
        Path(split).mkdir()
        for one in pairs[split]:
            shutil.copy(one.mask, split)
    printed = explain("test", "--dataset", str(file), "--validation", "val", "--json")
    found = values(printed.stdout)
    assert (found["strict"], found["half"], found["validation"]) == (1, 1, 1)
    assert found["bilinear"] is not None
    assert found["bilinear"] < 1
    assert found["dice-ratio"] == pytest.approx(1)


def test_a_folder_without_a_data_set_is_an_error() -> None:
    assert "--dataset is missing" in str(explain("reports", exit_code=1).exception)


def test_every_format_has_every_definition_that_was_computed() -> None:
    rows = list(csv.DictReader(io.StringIO(explain("fake:v1/ce", "--format", "csv").stdout)))
    strict = next(row for row in rows if row["definition"] == "strict")
    assert float(strict["above_strict"]) == 0
    table = explain("fake:v1/ce", "--format", "md").stdout
    assert table.count("\n| ") == 2 + sum(bool(row["value"]) for row in rows)
    assert "strict" in explain("fake:v1/ce").stdout


@pytest.mark.parametrize("bench", ["camvid-cpu", "voc-sample", "clothing-cpu"])
def test_strict_of_every_committed_row_is_its_miou(
    bench: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    (table,) = compare_cells(load_bench(bench))
    for row in table.rows:
        found = values(explain(f"{bench}:{row.model}/{row.loss}", "--json").stdout)
        assert found["strict"] == pytest.approx(row.miou.mean, abs=1e-12)
        assert found["pixel-accuracy"] == pytest.approx(row.pixel_accuracy, abs=1e-12)
        assert sum(value is not None for value in found.values()) >= 15

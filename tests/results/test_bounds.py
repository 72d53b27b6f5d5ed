"""What no training can score is no record, and what no trainings scatter by is no baseline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fake_results import GOOD, cells_of, fake_bench, write_cell

from segnet.errors import UserError
from segnet.paths import cell_report_folder
from segnet.results.accepted_scores import Baseline
from segnet.results.cells import load_results
from segnet.results.gate import accept
from segnet.results.records import EvaluationRecord


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def edit(path: Path, keys: list[Any], value: object) -> None:
    data = json.loads(path.read_text())
    place = data
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    path.write_text(json.dumps(data))


@pytest.mark.parametrize("value", [5.0, -0.01, 1.0000001, "inf"])
@pytest.mark.parametrize("score", ["miou", "pixel_accuracy", "boundary_f1", "ece", "dice"])
def test_impossible_score_is_no_record(score: str, value: object) -> None:
    bench = fake_bench(models=["segnet_v1"], seeds=[0])
    (cell,) = bench.cells()
    write_cell(bench, cell, GOOD)
    folder = cell_report_folder(bench.name, cell.slug)
    EvaluationRecord.read(folder)
    edit(folder / "evaluation.json", ["evaluations", 0, "scores", score], value)
    with pytest.raises(UserError, match=rf"(?s)evaluation\.json.*{score}"):
        EvaluationRecord.read(folder)


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (["groups", "streets/segnet_v1/ce", "miou", "0"], 5.0),
        (["groups", "streets/segnet_v1/ce", "miou"], {}),
        (["seeds", "sd"], 0.5),
        (["seeds", "sd"], -0.1),
        (["seeds", "degrees_of_freedom"], -1),
        (["arithmetic", "sd"], 10.0),
    ],
)
def test_impossible_baseline_is_an_error(keys: list[Any], value: object) -> None:
    bench = fake_bench(models=["segnet_v1"])
    for cell in cells_of(bench):
        write_cell(bench, cell, GOOD)
    path = accept(load_results(bench, {}), "test").write(Path("reports/fake"))
    assert Baseline.read(path.parent) is not None
    edit(path, keys, value)
    with pytest.raises(UserError, match=r"baseline\.json is not a baseline"):
        Baseline.read(path.parent)

"""A record that says something else than its counts is not shown."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from fake_project import write_params
from fake_results import FACTS, GOOD, ONE_CLASS, PERFECT, fake_bench, write_cell
from typer.testing import CliRunner

from segnet.atomic import write_arrays
from segnet.cli import app
from segnet.grid import BLIND_PREDICTORS, Bench
from segnet.reporting.recount import recount
from segnet.results.cells import cells_of, load_results
from segnet.results.records import BenchRecord


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A bench of two networks, all done."""
    monkeypatch.chdir(tmp_path)
    made = fake_bench(seeds=[0])
    for cell in cells_of(made):
        write_cell(made, cell, ONE_CLASS if cell.model in BLIND_PREDICTORS else GOOD)
    BenchRecord(bench=made, data={"streets": FACTS}).write(Path("reports/fake"))
    return made


def folder_of(model: str, loss: str = "ce") -> Path:
    return Path(f"reports/fake/runs/streets-{model}-{loss}-s0")


def change_score(folder: Path, name: str, value: Any, *, of: int = 0) -> None:
    """Write another score into the record, as a hand or a merge would."""
    path = folder / "evaluation.json"
    record = json.loads(path.read_text())
    record["evaluations"][of]["scores"][name] = value
    path.write_text(json.dumps(record))


def statuses(bench: Bench) -> list[str]:
    return [one.status for one in recount(load_results(bench, {"streets": FACTS})).cells]


def test_records_that_agree_with_their_counts_are_done(bench: Bench) -> None:
    assert statuses(bench) == ["done"] * 4


@pytest.mark.parametrize("name", ["miou", "pixel_accuracy", "class_accuracy", "fwiou"])
@pytest.mark.parametrize("of", [0, 1])
def test_score_that_its_counts_do_not_give_does_not_count(bench: Bench, name: str, of: int) -> None:
    change_score(folder_of("segnet_v1"), name, 0.9999, of=of)
    assert statuses(bench) == ["done", "done", "not evaluated", "done"]
    checkpoint = ("selected", "last")[of]
    [reason] = [one.reason for one in recount(load_results(bench, {})).cells if one.reason]
    assert f"evaluation.json says {name} 0.9999 of '{checkpoint}', its counts give" in reason


@pytest.mark.parametrize("value", [None, 49 / 60 + 1e-8])
def test_missing_score_and_a_single_pixel_are_noticed(bench: Bench, value: float | None) -> None:
    change_score(folder_of("segnet_v1"), "miou", value)
    assert statuses(bench)[2] == "not evaluated"


def test_blind_predictor_is_recounted_too(bench: Bench) -> None:
    change_score(folder_of("prior", "none"), "miou", 0.9)
    assert statuses(bench) == ["done", "missing", "done", "done"]


def test_counts_of_another_evaluation_missing_or_damaged_do_not_count(bench: Bench) -> None:
    counts = folder_of("segnet_v1") / "counts.npz"
    for write, said in (
        (lambda: write_arrays(counts, {"selected": PERFECT, "last": PERFECT}), "its counts give 1"),
        (lambda: write_arrays(counts, {"selected": GOOD}), "no counts of checkpoint 'last'"),
        (lambda: counts.write_bytes(b"no zip"), "is damaged"),
        (lambda: write_arrays(counts, {"selected": np.zeros(2, int)}), "is damaged"),
        (counts.unlink, "does not exist"),
    ):
        write()
        [reason] = [one.reason for one in recount(load_results(bench, {})).cells if one.reason]
        assert str(counts) in reason or "evaluation.json" in reason
        assert said in reason


def test_score_that_is_not_defined_agrees_with_counts_of_nothing(bench: Bench) -> None:
    write_cell(bench, bench.cells()[0], GOOD * 0)
    found = recount(load_results(bench, {})).cells[2]
    assert found.status == "done"
    assert found.evaluation is not None
    assert math.isnan(found.evaluation.evaluations[0].scores.miou)


def segbench(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--bench", "fake"])


def test_compare_says_so_and_check_fails(bench: Bench) -> None:
    write_params(Path())
    assert segbench("check", "--update").exit_code == 0
    change_score(folder_of("fcn8s"), "miou", 0.99)
    table = segbench("compare").stdout
    assert "1 of 4 cells are missing" in table
    assert "99.0" not in table
    found = segbench("check")
    assert found.exit_code == 1
    assert "says miou 0.99 of 'selected', its counts give 0.816667" in found.stdout
    assert "says miou" in str(segbench("check", "--update").exception)


def test_compare_and_check_name_settings_that_are_others_now(bench: Bench) -> None:
    write_params(Path())
    segbench("check", "--update")
    path = folder_of("segnet_v1") / "train.json"
    record = json.loads(path.read_text())
    record["config"]["model"] = {"dropout": 0.5}
    path.write_text(json.dumps(record))
    words = "trained with a different model.dropout than params.yaml has now"
    assert words in " ".join(segbench("compare").stdout.split())
    found = segbench("check")
    assert found.exit_code == 1
    assert (
        "outdated: streets-segnet_v1-ce-s0 was trained with another model.dropout" in found.stdout
    )

"""Tier 3: small trainings score what they scored, and planted bugs do not get past the gate.

The bench, SegNet v1 to v3, U-Net and FCN-8s with two losses, is trained by the stage scripts on
:mod:`mosaics` in float64, where the score does not hang on the processor, and held by ``segbench
check`` against ``tests/golden/baseline.json``, which :mod:`write_baseline` makes.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from fake_project import write_params
from mosaics import SIDE, write_mosaics
from trained_bench import ROOT, segbench_check, train

BASELINE = ROOT / "tests/golden/baseline.json"
BENCH: dict[str, Any] = {
    "bench.name": "mosaics",
    "bench.title": "Golden training",
    "bench.datasets": ["custom"],
    "datasets.custom": {"file": "tests/mosaics.py"},
    "bench.models": ["segnet_v1", "segnet_v2", "segnet_v3", "unet", "fcn8s"],
    "bench.losses": ["ce", "dice"],
    "bench.working_size": [SIDE // 2, SIDE // 2],
    "bench.width": 0.25,
    "bench.total_epochs": 25,
    "bench.validate_every_epochs": 25,
    "recipes.scratch.optimizer": {"kind": "adam", "learning_rate": 5e-3},
}
GUARDS = {"unpooling": "segnet_v1", "void mask": "segnet_v1", "mask resize": "segnet_v2"}
"""The model whose cell shows a planted bug: v1 alone unpools, v2 is the better one."""


def make_project(folder: Path, changes: dict[str, Any]) -> None:
    """Parameters and data of the bench, or of a part of it."""
    write_params(folder, BENCH | changes)
    before = Path.cwd()
    os.chdir(folder)
    try:
        write_mosaics("mosaics", "custom")
    finally:
        os.chdir(before)


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole bench, trained, with the committed baseline beside it."""
    folder = tmp_path_factory.mktemp("golden")
    make_project(folder, {})
    (folder / "reports/mosaics").mkdir(parents=True)
    shutil.copy(BASELINE, folder / "reports/mosaics/baseline.json")
    train(folder, "--double")
    return folder


@pytest.mark.slow
def test_every_model_and_loss_scores_what_it_scored(golden: Path) -> None:
    finished = segbench_check(golden)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "all 12 pass" in finished.stdout


@pytest.mark.slow
@pytest.mark.parametrize("bug", list(GUARDS))
def test_gate_fails_and_names_the_cell_after_a_planted_bug(bug: str, golden: Path) -> None:
    model = GUARDS[bug]
    cells = golden / "reports/mosaics/runs"
    kept = golden / "kept"
    shutil.copytree(cells, kept)
    whole = (golden / "params.yaml").read_text()
    write_params(golden, BENCH | {"bench.models": [model], "bench.losses": ["ce"]})
    train(golden, "--double", bug=bug)
    (golden / "params.yaml").write_text(whole)
    finished = segbench_check(golden, "--json")
    shutil.rmtree(cells)
    kept.rename(cells)
    assert finished.returncode == 1, finished.stdout + finished.stderr
    checks = {check["group"]: check for check in json.loads(finished.stdout)}
    broken = checks[f"custom/{model}/ce"]
    assert (broken["verdict"], broken["detail"]) == ("drop", f"custom-{model}-ce-s0")
    assert broken["change"] < -2 * broken["band"]

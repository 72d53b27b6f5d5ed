"""Tier 3: small trainings score what they scored, and planted bugs do not get past the gate.

The bench, SegNet v1 to v3, U-Net and FCN-8s with two losses, is trained by the stage scripts on
:mod:`mosaics` in float64, where the score does not hang on the processor, and held by ``segbench
check`` against ``tests/golden/baseline.json``. That file is
made by ``python tests/test_golden_training.py`` from the project's root, which ends in ``segbench
check --update``: run it if a score is meant to change; ``git diff`` shows what did.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from fake_project import write_params
from mosaics import SIDE, write_mosaics

ROOT = Path(__file__).parents[1]
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


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the project with this tree's code."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SEGBENCH_DEVICE": "cpu",
        "SEGBENCH_THREADS": "1",
        "SEGBENCH_TRACKING": "off",
    }
    environment.pop("GITHUB_STEP_SUMMARY", None)
    command = (sys.executable, *arguments)
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def train(folder: Path, bug: str = "none") -> None:
    """Train and evaluate every cell of the project."""
    finished = python(folder, str(ROOT / "tests/planted_bugs.py"), bug)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def segbench_check(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return python(folder, "-m", "segnet", "check", *arguments)


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole bench, trained, with the committed baseline beside it."""
    folder = tmp_path_factory.mktemp("golden")
    make_project(folder, {})
    (folder / "reports/mosaics").mkdir(parents=True)
    shutil.copy(BASELINE, folder / "reports/mosaics/baseline.json")
    train(folder)
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
    train(golden, bug)
    (golden / "params.yaml").write_text(whole)
    finished = segbench_check(golden)
    shutil.rmtree(cells)
    kept.rename(cells)
    assert finished.returncode == 1, finished.stdout + finished.stderr
    assert "**1 of 12 failed**" in finished.stdout
    assert f"- custom/{model}/ce: drop: custom-{model}-ce-s0" in finished.stdout


def write_baseline() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_project(folder, {})
        (folder / "reports/mosaics").mkdir(parents=True)
        if BASELINE.exists():
            shutil.copy(BASELINE, folder / "reports/mosaics")
        train(folder)
        finished = segbench_check(folder, "--update")
        print(finished.stdout, finished.stderr)
        shutil.copy(folder / "reports/mosaics/baseline.json", BASELINE)


if __name__ == "__main__":
    write_baseline()

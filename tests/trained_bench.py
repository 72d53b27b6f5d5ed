"""A bench trained in a project by this tree's code, on one thread a cell; and the golden one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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
NOTHING: Mapping[str, str] = {}


def make_project(folder: Path, changes: dict[str, Any]) -> None:
    """Parameters and data of the bench, or of a part of it."""
    write_params(folder, BENCH | changes)
    before = Path.cwd()
    os.chdir(folder)
    try:
        write_mosaics("mosaics", "custom")
    finally:
        os.chdir(before)


def python(
    folder: Path, *arguments: str, variables: Mapping[str, str] = NOTHING
) -> subprocess.CompletedProcess[str]:
    """Run Python in the project; ``variables`` of the environment are added to the present ones."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SEGBENCH_DEVICE": "cpu",
        "SEGBENCH_THREADS": "1",
        "SEGBENCH_TRACKING": "off",
        **variables,
    }
    environment.pop("GITHUB_STEP_SUMMARY", None)
    command = (sys.executable, *arguments)
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def train(
    folder: Path, *options: str, bug: str = "none", variables: Mapping[str, str] = NOTHING
) -> None:
    """Train and evaluate every cell of the project, whose data are prepared.

    ``options`` are those of :mod:`planted_bugs`.
    """
    runner = str(ROOT / "tests/planted_bugs.py")
    finished = python(folder, runner, bug, *options, variables=variables)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def segbench_check(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The gate of the project."""
    return python(folder, "-m", "segnet", "check", *arguments)

"""A bench trained in a project's folder by this tree's code, on one thread a cell."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
NOTHING: Mapping[str, str] = {}


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

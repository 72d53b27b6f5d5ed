"""A small grid on the engine ``plain``, as on a bare GPU box: without DVC and MLflow."""

from __future__ import annotations

import json
import os
import signal
import site
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest
from fake_project import write_params
from scratch_project import copy_project

TINY_STREETS = {"seed": 0, "height": 24, "width": 32, "train": 4, "val": 2, "test": 2}
ABSENT = ("dvc", "mlflow")


def bare_python(folder: Path) -> Path:
    """An environment with all that is installed here but DVC and MLflow."""
    subprocess.run((sys.executable, "-m", "venv", "--without-pip", folder), check=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    for place in site.getsitepackages():
        for path in Path(place).iterdir():
            if not path.name.startswith((*ABSENT, "__editable__")):
                (packages / path.name).symlink_to(path)
    return folder / "bin/python"


def segbench(project: Path, python: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a project, with its own code."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SEGBENCH_")}
    return subprocess.run(
        (python, "-m", "segnet", *arguments),
        cwd=project,
        env={**kept, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )


def written(project: Path) -> dict[str, int]:
    """When each training record was written."""
    return {str(path): path.stat().st_mtime_ns for path in project.rglob("train.json")}


def names_in(archive: Path) -> list[str]:
    with tarfile.open(archive) as opened:
        return opened.getnames()


@pytest.mark.slow
def test_plain_engine_runs_a_grid_without_dvc_once(tmp_path: Path) -> None:
    python = bare_python(tmp_path / "venv")
    imported = subprocess.run((python, "-c", "import dvc"), capture_output=True, check=False)
    assert b"ModuleNotFoundError" in imported.stderr
    project = tmp_path / "project"
    project.mkdir()
    copy_project(project)
    grid = {"bench.losses": ["ce", "dice"], "bench.seeds": [0, 1], "bench.width": 0.05}
    write_params(project, {**grid, "datasets.streets": TINY_STREETS})
    command = ("run", "--engine", "plain", "--jobs", "2")

    first = segbench(project, python, *command, "--pack", "packed")
    assert first.returncode == 0, first.stderr
    assert "estimate: 4 cells x " in first.stderr
    assert first.stderr.count("  done") == 5  # four cells, and the network that was measured
    assert len(written(project)) == 4
    report = (project / "reports/demo/index.md").read_text()
    assert "| segnet_v1 | ce |" in report
    assert "| segnet_v1 | dice |" in report

    archives = list((project / "packed").iterdir())
    names = {name for one in archives for name in names_in(one)}
    assert "reports/demo/runs/streets-segnet_v1-ce-s1/counts.npz" in names
    assert not any(name.endswith(".safetensors") for name in names)

    before = written(project)
    again = segbench(project, python, *command)
    assert again.returncode == 0, again.stderr
    assert written(project) == before
    assert "the records of all cells are there" in again.stderr


@pytest.mark.slow
def test_interrupted_run_saves_the_state_of_its_cells(tmp_path: Path) -> None:
    copy_project(tmp_path)
    changes = {"bench.total_epochs": 100_000, "bench.width": 0.05}
    write_params(tmp_path, {**changes, "datasets.streets": TINY_STREETS})
    told = tmp_path / ".segbench/cells/demo/streets-segnet_v1-ce-s0.json"
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            (sys.executable, "-m", "segnet", "run", "--engine", "plain"),
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path), "SEGBENCH_TRACKING": "off"},
            stdout=log,
            stderr=log,
        )
        while not told.exists() or json.loads(told.read_text())["epoch"] < 2:
            assert process.poll() is None, (tmp_path / "log").read_text()
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        assert process.wait() != 0
    assert len(list(tmp_path.glob(".segbench/checkpoints/*/state.pt"))) == 1
    seen = segbench(tmp_path, Path(sys.executable), "doctor", "--json").stdout
    assert "missing; stopped" in seen

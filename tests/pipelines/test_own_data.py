"""A user's own ten drawings, trained and reported by one command: no code, no activated
environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fake_custom import YAML, make_custom
from PIL import Image
from scratch_project import copy_project

RUN = (
    *("run", "--dataset", "own/drawings.yaml", "--models", "v1,unet", "--epochs", "2"),
    *("--width", "0.125", "--weights", "random"),
)


def segbench(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does who has not activated the environment."""
    own = str(Path(sys.executable).parent)
    path = [one for one in os.environ["PATH"].split(os.pathsep) if one != own]
    environment = {
        **os.environ,
        "PATH": os.pathsep.join(path),
        "PYTHONPATH": str(folder),
        "SEGBENCH_TRACKING": "off",
        "SEGBENCH_DEVICE": "cpu",
    }
    finished = subprocess.run(
        [sys.executable, "-m", "segnet", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished


def stages(finished: subprocess.CompletedProcess[str]) -> list[str]:
    """The stages that DVC ran."""
    lines = finished.stderr.splitlines()
    return [line.split("'")[1] for line in lines if line.startswith("Running stage '")]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tracked files with ten drawings in it, run once."""
    folder = tmp_path_factory.mktemp("project")
    copy_project(folder)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    make_custom(folder / "own")
    first = segbench(folder, *RUN)
    (folder / "first.txt").write_text(first.stdout)
    return folder


@pytest.mark.slow
def test_ten_drawings_are_trained_compared_and_reported(project: Path) -> None:
    table = (project / "first.txt").read_text()
    report = (project / "reports/drawings/index.md").read_text()
    for model in ("segnet_v1", "unet", "prior"):
        assert model in table
        assert model in report
    assert "# Discs and boxes" in report
    assert (project / "reports/drawings/figures/predictions-custom.png").exists()
    record = project / "reports/drawings/runs/custom-unet-ce-s0/metrics.json"
    assert 0 <= json.loads(record.read_text())["miou"] <= 1


@pytest.mark.slow
def test_nothing_runs_again_while_the_data_stay_the_same(project: Path) -> None:
    (project / "own/images/drawing_00.jpg").touch()
    assert stages(segbench(project, "run")) == []
    (project / "own/drawings.yaml").write_text(YAML + "licence: mine\n")
    assert stages(segbench(project, *RUN)) == []


@pytest.mark.slow
def test_changed_mask_is_noticed_by_the_next_run(project: Path) -> None:
    manifest = json.loads((project / "data/raw/custom/manifest.json").read_text())
    mask = project / "own" / manifest["splits"]["test"][0]["mask"]
    with Image.open(mask) as image:
        changed = image.copy()
    changed.putpixel((5, 5), 2)
    changed.save(mask)
    ran = stages(segbench(project, "run"))
    assert "prepare@drawings-custom" in ran
    assert "train@drawings-custom-unet-ce-0" in ran
    assert stages(segbench(project, "run")) == []

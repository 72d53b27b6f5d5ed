"""A copy of this project in which DVC can run and files can be edited."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
TRACKED = ("segnet", "pipelines", ".dvc", ".dvcignore", ".gitignore", "dvc.yaml", "params.yaml")


def copy_project(folder: Path) -> None:
    """Copy the files that git knows and the pipeline needs, as they are on disk."""
    command = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *TRACKED)
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())


def environment_of(folder: Path) -> dict[str, str]:
    """What a command needs to run the code of a project, with the programs of this interpreter."""
    return {
        **os.environ,
        "SEGBENCH_TRACKING": "off",
        "SEGBENCH_THREADS": "2",
        "PYTHONPATH": str(folder),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }


def run(folder: Path, *command: str) -> str:
    """Run a command in a project; its output."""
    finished = subprocess.run(
        command, cwd=folder, env=environment_of(folder), capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout + finished.stderr


def stages_run(printed: str) -> set[str]:
    """The stages that DVC says it ran, not those that it restored."""
    lines = printed.splitlines()
    return {line.split("'")[1] for line in lines if line.startswith("Running stage '")}


def replace(path: Path, old: str, new: str) -> None:
    """Replace a text that is in a file."""
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))

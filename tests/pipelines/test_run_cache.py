"""What has run before is brought back and not run again, also in another clone."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_project import write_params
from scratch_project import copy_project, replace, run, stages_run

TINY_STREETS = {"seed": 0, "height": 24, "width": 32, "train": 4, "val": 2, "test": 2}


def tiny_project(folder: Path, *, losses: list[str]) -> Path:
    """A project with one network that trains for an epoch on four drawn scenes."""
    copy_project(folder)
    changes = {"bench.losses": losses, "bench.width": 0.05, "datasets.streets": TINY_STREETS}
    write_params(folder, changes)
    run(folder, "git", "init", "-q")
    return folder


def report_files(project: Path) -> dict[str, bytes]:
    """Everything that git keeps of the bench."""
    folder = project / "reports/demo"
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_parameter_there_and_back_runs_no_stage(tmp_path: Path) -> None:
    project = tiny_project(tmp_path, losses=["ce"])
    run(project, "dvc", "repro")
    first = report_files(project)
    unignored = run(project, "git", "status", "--short", "--untracked-files=all", "reports")
    assert len(unignored.splitlines()) == len(first)

    replace(project / "params.yaml", "learning_rate: 0.2", "learning_rate: 0.1")
    there = stages_run(run(project, "dvc", "repro"))
    kinds = {stage.split("@")[0] for stage in there}
    assert kinds == {"train", "evaluate", "report"}
    assert report_files(project) != first

    replace(project / "params.yaml", "learning_rate: 0.1", "learning_rate: 0.2")
    assert stages_run(run(project, "dvc", "repro")) == set()
    assert report_files(project) == first


@pytest.mark.slow
def test_clones_that_share_a_cache_train_each_cell_once(tmp_path: Path) -> None:
    origin = tiny_project(tmp_path / "origin", losses=["ce", "dice"])
    run(origin, "git", "add", "-A")
    run(origin, "git", *("-c", "user.name=x", "-c", "user.email=x@x"), "commit", "-qm", "A bench")
    for clone in ("first", "second", "third"):
        run(tmp_path, "git", "clone", "-q", "origin", clone)
        run(tmp_path / clone, "dvc", "cache", "dir", "--local", str(tmp_path / "cache"))
    for clone, loss in (("first", "ce"), ("second", "dice")):
        run(tmp_path / clone, "dvc", "repro", "fetch", "weights", "prepare")
        for stage in ("train", "evaluate"):
            run(tmp_path / clone, "dvc", "repro", "-s", f"{stage}@demo-streets-segnet_v1-{loss}-0")
    ran = stages_run(run(tmp_path / "third", "dvc", "repro"))
    kinds = {stage.split("@")[0] for stage in ran}
    assert kinds == {"fetch", "blind_predictors", "measure", "report"}
    for loss, clone in (("ce", "first"), ("dice", "second")):
        counts = f"reports/demo/runs/streets-segnet_v1-{loss}-s0/counts.npz"
        restored = (tmp_path / "third" / counts).read_bytes()
        assert restored == (tmp_path / clone / counts).read_bytes()

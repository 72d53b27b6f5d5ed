"""What an edit makes stale: the table of the rule that the layout of ``segnet/`` serves."""

from __future__ import annotations

import json
import sys
from itertools import product
from pathlib import Path

import pytest
from fake_project import write_params
from scratch_project import copy_project, run

MODELS, LOSSES, DATASETS = ("segnet_v1", "unet"), ("ce", "dice"), ("streets", "camvid")
FAKE_OUTPUTS = """
from pathlib import Path
from dvc.repo import Repo

for stage in Repo().index.stages:
    for out in stage.outs:
        Path(out.fs_path).parent.mkdir(parents=True, exist_ok=True)
        Path(out.fs_path).write_text(out.def_path)
"""
"""As if the pipeline had run: each output is a file with its own name in it."""


def cells(stage: str, **only: str) -> set[str]:
    """The cells of a stage, or those with one model or loss."""
    return {
        f"{stage}@demo-{dataset}-{model}-{loss}-0"
        for dataset, model, loss in product(DATASETS, MODELS, LOSSES)
        if only.get("model", model) == model and only.get("loss", loss) == loss
    }


REPORT = {"report@demo"}
STALE = {
    "losses/dice.py": cells("train", loss="dice"),
    "models/segnet_v1.py": {
        *cells("train", model="segnet_v1"),
        *cells("evaluate", model="segnet_v1"),
        *(f"measure@demo-{dataset}-segnet_v1" for dataset in DATASETS),
    },
    "training/recipe.py": cells("train"),
    "training/loop.py": cells("train"),
    "scoring/boundary/f1.py": cells("evaluate") | REPORT,
    "scoring/calibration/sums.py": cells("evaluate") | REPORT,
    "statistics/jackknife.py": REPORT,
    "reporting/report.py": REPORT,
    "results/records.py": REPORT,
    "datasets/camvid/__init__.py": {"fetch@camvid", "prepare@demo-camvid"} | REPORT,
}
"""DVC says what an edit concerns directly; what follows shows when that has run."""
CHANGES_NO_RESULT = (
    "bench/doctor.py",
    "bench/plan.py",
    "cli/check.py",
    "inference/prediction.py",
    "measuring/lr_finder.py",
    "tracking/sync.py",
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which everything is up to date, though nothing has run."""
    folder = tmp_path_factory.mktemp("project")
    copy_project(folder)
    axes = {"models": list(MODELS), "losses": list(LOSSES), "datasets": list(DATASETS)}
    write_params(folder, {f"bench.{axis}": names for axis, names in axes.items()})
    run(folder, "git", "init", "-q")
    run(folder, sys.executable, "-c", FAKE_OUTPUTS)
    run(folder, "dvc", "commit", "--force", "--quiet")
    return folder


def stale_after_edit(project: Path, *names: str) -> set[str]:
    """What DVC calls stale while a line is added to some files of ``segnet/``."""
    before = {project / "segnet" / name: (project / "segnet" / name).read_bytes() for name in names}
    try:
        for path, content in before.items():
            path.write_bytes(content + b"\n# edited\n")
        return set(json.loads(run(project, "dvc", "status", "--json")))
    finally:
        for path, content in before.items():
            path.write_bytes(content)


@pytest.mark.parametrize("name", [*STALE, *CHANGES_NO_RESULT])
def test_file_of_the_table_exists(name: str) -> None:
    assert Path("segnet", name).exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", STALE)
def test_an_edit_makes_stale_what_it_can_change(project: Path, name: str) -> None:
    assert stale_after_edit(project, name) == STALE[name]


@pytest.mark.slow
def test_an_edit_of_what_changes_no_result_makes_nothing_stale(project: Path) -> None:
    assert stale_after_edit(project, *CHANGES_NO_RESULT) == set()

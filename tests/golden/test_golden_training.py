"""Tier 3: small trainings score what they scored, and planted bugs do not get past the gate.

The bench, SegNet v1 to v3, U-Net and FCN-8s with two losses, is trained by the stage scripts on
:mod:`mosaics` in float64, where the score does not hang on the processor, and held by ``segbench
check`` against ``tests/golden/baseline.json``, which :mod:`write_baseline` makes.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from fake_project import write_params
from trained_bench import BASELINE, BENCH, make_project, segbench_check, train

GUARDS = {"unpooling": "segnet_v1", "void mask": "segnet_v1", "mask resize": "segnet_v2"}
"""The model whose cell shows a planted bug: v1 alone unpools, v2 is the better one."""


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
    assert broken["verdict"] == "drop"
    assert broken["detail"].startswith(f"custom-{model}-ce-s0")
    assert broken["change"] < -2 * broken["band"]

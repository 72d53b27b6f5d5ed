"""The real pipeline, run by DVC in a copy of the project, as small as it goes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from scratch_project import copy_project, replace, run, stages_run

PARAMS = """
  models: [segnet_v1, fcn8s]
  losses: [ce]
  working_size: [24, 32]
  total_epochs: 2
  validate_every_epochs: 1
  width: 0.125
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tracked files with a bench of seconds, run once."""
    folder = tmp_path_factory.mktemp("project")
    copy_project(folder)
    params = folder / "params.yaml"
    text = params.read_text()
    for line in filter(None, PARAMS.splitlines()):
        key = line.split(":")[0]
        text = "\n".join(line if old.startswith(f"{key}:") else old for old in text.splitlines())
    small = "  streets: {seed: 0, height: 48, width: 64, train: 8, val: 4, test: 4}"
    lines = [small if old.startswith("  streets:") else old for old in text.splitlines()]
    params.write_text("\n".join(lines) + "\n")
    run(folder, "git", "init", "-q")
    run(folder, "dvc", "repro")
    return folder


@pytest.mark.slow
def test_second_run_runs_no_stage(project: Path) -> None:
    assert "Running stage" not in run(project, "dvc", "repro")


@pytest.mark.slow
def test_dvc_shows_the_metrics_and_the_plots(project: Path) -> None:
    metrics = json.loads(run(project, "dvc", "metrics", "show", "--json"))[""]["data"]
    cell = metrics["reports/demo/runs/streets-segnet_v1-ce-s0/metrics.json"]["data"]
    assert 0 <= cell["miou"] <= 1
    run(project, "dvc", "plots", "show", "--out", "plots")
    assert (project / "plots/index.html").exists()


@pytest.mark.slow
def test_report_is_rendered(project: Path) -> None:
    text = (project / "reports/demo/index.md").read_text()
    assert "segnet_v1" in text
    assert (project / "reports/demo/figures/predictions-streets.png").exists()


@pytest.mark.slow
def test_changed_argument_of_a_model_makes_only_its_cells_stale(project: Path) -> None:
    params = project / "params.yaml"
    before = params.read_text()
    replace(params, "  segnet_v1: {}", "  segnet_v1: {dropout: 0.5}")
    stale = json.loads(run(project, "dvc", "status", "--json"))
    params.write_text(before)
    assert set(stale) == {
        "measure@demo-streets-segnet_v1",
        "train@demo-streets-segnet_v1-ce-0",
        "evaluate@demo-streets-segnet_v1-ce-0",
    }
    assert run(project, "dvc", "status").strip() == "Data and pipelines are up to date."


@pytest.mark.slow
def test_new_model_takes_a_file_a_registry_line_and_a_word_and_runs_alone(project: Path) -> None:
    (project / "segnet/models/tiny.py").write_text(
        "from torch import Tensor, nn\n\n\n"
        "class Tiny(nn.Module):\n"
        "    def __init__(self, num_classes: int, *, width: float = 1.0) -> None:\n"
        "        super().__init__()\n"
        "        self.score = nn.Conv2d(3, num_classes, 3, padding=1)\n\n"
        "    def forward(self, images: Tensor) -> Tensor:\n"
        "        logits: Tensor = self.score(images)\n"
        "        return logits\n"
    )
    registry, params = project / "segnet/models/__init__.py", project / "params.yaml"
    before = registry.read_text(), params.read_text()
    replace(registry, '        "unet": "UNet",', '        "tiny": "Tiny",\n        "unet": "UNet",')
    replace(params, "  models: [segnet_v1, fcn8s]", "  models: [segnet_v1, fcn8s, tiny]")
    replace(params, "\n  segnet_v1: {}", "\n  tiny: {}\n  segnet_v1: {}")
    printed = run(project, "dvc", "repro")
    assert stages_run(printed) == {
        "validate",
        "measure@demo-streets-tiny",
        "train@demo-streets-tiny-ce-0",
        "evaluate@demo-streets-tiny-ce-0",
        "report@demo",
    }
    assert "| tiny | ce |" in (project / "reports/demo/index.md").read_text()
    registry.write_text(before[0])
    params.write_text(before[1])
    run(project, "dvc", "repro")
    assert "tiny" not in (project / "reports/demo/index.md").read_text()


@pytest.mark.slow
def test_changed_title_renders_the_report_and_trains_nothing(project: Path) -> None:
    replace(project / "params.yaml", "  title: ", "  title: Another ")
    printed = run(project, "dvc", "repro")
    assert "Running stage 'report@demo'" in printed
    assert "Running stage 'train" not in printed


@pytest.mark.slow
def test_same_parameters_give_the_same_numbers_again(project: Path) -> None:
    folder = project / "reports/demo/runs/streets-segnet_v1-ce-s0"
    before = (folder / "counts.npz").read_bytes(), (folder / "metrics.json").read_bytes()
    run(project, "dvc", "repro", "--force", "train", "evaluate")
    assert ((folder / "counts.npz").read_bytes(), (folder / "metrics.json").read_bytes()) == before

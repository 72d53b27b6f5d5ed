from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from processor_time import IMPORTS, process_seconds, ratio
from typer.testing import CliRunner

import segnet
from segnet.bench.config import load_config
from segnet.bench.inventory import names_of
from segnet.bench.presets import apply_preset, preset_files
from segnet.cli import app, main, require_code_of
from segnet.cli.listing import Kind
from segnet.errors import UserError

ROOT = Path(__file__).parents[2]
RUNNER = CliRunner()
COMMIT = ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project: parameters and presets, no data, no results."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    shutil.copytree(ROOT / "pipelines/presets", tmp_path / "pipelines/presets")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_preset_fits_the_parameters(project: Path) -> None:
    for name in preset_files():
        bench = apply_preset(name)
        assert bench.name == name
        assert load_config().bench == bench


def test_preset_changes_its_block_and_no_other_line(project: Path) -> None:
    before = (project / "params.yaml").read_text()
    apply_preset("camvid")
    changed = (project / "params.yaml").read_text()
    tail = before.index("recipes:")
    assert changed[changed.index("recipes:") :] == before[tail:]
    assert changed.startswith(before[: before.index("bench:")])
    apply_preset("demo")
    assert (project / "params.yaml").read_text() == before


def test_unknown_preset_changes_nothing_and_names_the_nearest(project: Path) -> None:
    before = (project / "params.yaml").read_text()
    with pytest.raises(UserError, match=r"unknown preset 'camvd'\. Did you mean 'camvid'"):
        apply_preset("camvd")
    assert (project / "params.yaml").read_text() == before


def test_preset_that_does_not_fit_changes_nothing(project: Path) -> None:
    before = (project / "params.yaml").read_text()
    bad = (project / "pipelines/presets/demo.yaml").read_text().replace("segnet_v1", "segnet_v11")
    (project / "pipelines/presets/bad.yaml").write_text(bad)
    with pytest.raises(UserError, match=r"unknown model 'segnet_v11'\. Did you mean 'segnet_v1'"):
        apply_preset("bad")
    assert (project / "params.yaml").read_text() == before


def test_preset_without_a_name_lists_them() -> None:
    assert RUNNER.invoke(app, ["preset"]).stdout.split() == sorted(preset_files())


def test_restore_brings_back_the_committed_parameters(project: Path) -> None:
    for command in (["init", "-q"], ["add", "params.yaml"], [*COMMIT, "-qm", "as it was"]):
        subprocess.run(["git", *command], check=True, cwd=project)
    before = (project / "params.yaml").read_text()
    changed = RUNNER.invoke(app, ["preset", "camvid-cpu"])
    assert "this rewrote params.yaml" in changed.stderr
    assert "`segbench preset --restore`" in changed.stderr
    assert (project / "params.yaml").read_text() != before
    assert "bench 'demo'" in RUNNER.invoke(app, ["preset", "--restore"]).stdout
    assert (project / "params.yaml").read_text() == before


def test_restore_says_that_git_has_no_parameters(project: Path) -> None:
    error = RUNNER.invoke(app, ["preset", "--restore"]).exception
    assert isinstance(error, UserError)
    assert "git has no params.yaml to bring back" in str(error)


def test_mistake_is_a_message_without_traceback_and_status_one(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["segbench", "compare", "--bench", "nothing"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert "dvc repro" in captured.err


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("columns", [60, 80, 100])
def test_listed_names_are_whole_at_every_width(
    kind: Kind, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = RUNNER.invoke(app, ["list", kind]).stdout.splitlines()
    assert max(map(len, lines)) <= columns
    first_words = [line.split()[0] for line in lines if line.strip()]
    assert [name for name in names_of(kind) if name not in first_words] == []


def test_list_alone_names_everything_in_few_lines() -> None:
    text = RUNNER.invoke(app, ["list"]).stdout
    assert len(text.splitlines()) < 20
    words = text.replace(",", " ").split()
    assert all(name in words for kind in Kind for name in names_of(kind))


def test_list_shows_every_registry() -> None:
    entries = json.loads(RUNNER.invoke(app, ["list", "--json"]).stdout)
    named = {(entry["kind"], entry["name"]) for entry in entries}
    config = load_config()
    assert {("model", name) for name in config.models} <= named
    assert {("data set", name) for name in config.datasets} <= named
    assert {("preset", name) for name in preset_files()} <= named
    assert all(entry["what"] for entry in entries)


def test_doctor_says_what_to_do_in_an_empty_project(project: Path) -> None:
    findings = json.loads(RUNNER.invoke(app, ["doctor", "--json"]).stdout)
    steps = {finding["what"]: finding["next_step"] for finding in findings}
    assert steps["data set streets"] == "dvc repro"
    assert steps["encoder weights"] == "dvc repro"
    found = {finding["what"]: finding["found"] for finding in findings}
    assert found["results"] == "0 of 12 cells have results in reports/demo"
    assert found["dvc repro"] == "would run 10 of 10 cells (not trained: 10)"


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["--help"], ["preset"], ["compare", "--bench", "demo"]])
def test_command_line_takes_little_more_than_its_imports(arguments: list[str]) -> None:
    times = ratio(
        lambda: process_seconds("-m", "segnet", *arguments), lambda: process_seconds("-c", IMPORTS)
    )
    assert times < 3, "it was 1.9; torch alone takes 7 times as long as these imports"


def test_version_is_that_of_the_package_and_of_the_citation() -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "segnet", "--version"], capture_output=True, text=True, check=True
    )
    assert finished.stdout == f"segbench {segnet.__version__}\n"
    assert f"\nversion: {segnet.__version__}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"\n## {segnet.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_shell_completion_can_be_installed() -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "segnet", "--help"], capture_output=True, text=True, check=True
    )
    assert "--install-completion" in finished.stdout


def test_code_of_another_checkout_is_refused(tmp_path: Path) -> None:
    require_code_of(ROOT)
    require_code_of(tmp_path)  # no checkout: a folder with results or data alone
    shutil.copytree(ROOT / "segnet/cli", tmp_path / "segnet/cli")
    shutil.copy(ROOT / "dvc.yaml", tmp_path)
    with pytest.raises(UserError, match=r"runs the code in .*segnet, but .*python -m segnet"):
        require_code_of(tmp_path)

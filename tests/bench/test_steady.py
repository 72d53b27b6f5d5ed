"""A stage that is overtaken by a change of ``params.yaml`` leaves no result."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fake_project import write_params

from segnet.bench.config import Config
from segnet.bench.presets import apply_preset
from segnet.bench.steady import load_config_of, require_no_repro, require_unchanged
from segnet.errors import UserError

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_params(tmp_path)


def of_first_cell(config: Config) -> dict[str, Any]:
    return config.resolved(config.bench.cells()[0])


def test_stage_of_another_bench_stops_at_once() -> None:
    assert load_config_of("demo").bench.name == "demo"
    assert load_config_of(None).bench.name == "demo"
    with pytest.raises(UserError, match=r"bench 'demo' now, .* started for 'camvid'"):
        load_config_of("camvid")


def test_change_that_concerns_the_stage_is_named(tmp_path: Path) -> None:
    config = load_config_of("demo")
    require_unchanged(config, of_first_cell)
    write_params(tmp_path, {"bench.total_epochs": 9})
    with pytest.raises(UserError, match=r"params\.yaml: bench changed while this stage ran"):
        require_unchanged(config, of_first_cell)
    write_params(tmp_path, {"models.segnet_v1": {"dropout": 0.5}})
    with pytest.raises(UserError, match=r"params\.yaml: model changed"):
        require_unchanged(config, of_first_cell)


def test_change_that_does_not_concern_the_stage_is_none(tmp_path: Path) -> None:
    config = load_config_of("demo")
    write_params(tmp_path, {"bench.models": ["segnet_v1", "unet"], "bench.title": "Another"})
    require_unchanged(config, of_first_cell)


def test_switched_preset_stops_the_stage(tmp_path: Path) -> None:
    config = load_config_of("demo")
    write_params(tmp_path, {"bench.name": "other"})
    with pytest.raises(UserError, match="bench 'other' now"):
        require_unchanged(config, of_first_cell)


def write_locks(pid: int) -> None:
    Path(".dvc/tmp").mkdir(parents=True, exist_ok=True)
    locks = {"/data/raw": {"read": [{"pid": pid, "cmd": "dvc repro"}]}, "/data/out": {}}
    Path(".dvc/tmp/rwlock").write_text(json.dumps(locks))


def test_preset_is_refused_while_dvc_runs(tmp_path: Path) -> None:
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines/presets").symlink_to(ROOT / "pipelines/presets")
    before = Path("params.yaml").read_text()
    write_locks(os.getpid())
    with pytest.raises(UserError, match=rf"DVC is running .*process {os.getpid()}"):
        apply_preset("smoke")
    assert Path("params.yaml").read_text() == before


@pytest.mark.parametrize("content", ["", "[]", "null", '{"a": 1}', '{"a": {"read": [{}]}}'])
def test_lock_file_in_the_making_is_none(content: str) -> None:
    write_locks(0)
    Path(".dvc/tmp/rwlock").write_text(content)
    require_no_repro()


def test_process_that_is_gone_holds_no_lock() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    write_locks(child.pid)
    require_no_repro()

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fake_project import write_params
from typer.testing import CliRunner

from segnet.cli import app
from segnet.errors import UserError
from segnet.measuring.cost import speed

RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(speed, "SECONDS", 0.0)
    write_params(tmp_path, {"bench.models": ["segnet_v1", "fcn8s"]})
    return tmp_path


def test_named_models_are_measured_at_the_named_size_and_nothing_is_written(project: Path) -> None:
    arguments = ["--models", "v1,v2", "--size", "32x64", "--batch", "3", "--classes", "5"]
    result = RUNNER.invoke(app, ["speed", *arguments, "--json"])
    assert result.exit_code == 0, result.output
    first, second = json.loads(result.stdout)
    assert (first["model"], second["model"]) == ("segnet_v1", "segnet_v2")
    for one in (first, second):
        assert (one["height"], one["width"], one["batch_images"]) == (32, 64, 3)
        assert one["num_classes"] == 5
        assert min(one[key] for key in ("latency_ms", "images_per_second", "multiply_adds")) > 0
        assert one["device"] == "cpu"
    assert first["parameters"] != second["parameters"]
    assert [path.name for path in project.iterdir()] == ["params.yaml"]


def test_without_options_the_table_has_the_models_of_the_bench() -> None:
    result = RUNNER.invoke(app, ["speed", "--batch", "1"], env={"COLUMNS": "100"})
    assert "24x32, 11 classes, width 0.125, device cpu, precision float32" in result.stdout
    assert [name in result.stdout for name in ("segnet_v1", "fcn8s", "unet")] == [True, True, False]
    assert all(len(line) <= 100 for line in result.stdout.splitlines())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--models", "v9"], r"unknown model 'segnet_?v9'|unknown model 'v9'"),
        (["--size", "32"], "--size 32: give height and width"),
    ],
)
def test_a_wrong_option_is_named(arguments: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        RUNNER.invoke(app, ["speed", *arguments], catch_exceptions=False)

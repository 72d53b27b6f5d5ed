from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import Result
from fake_project import write_params, write_prepared
from PIL import Image
from safetensors.torch import save_file
from typer.testing import CliRunner

import pipelines.train
import segnet.measuring.lr_finder
from segnet.bench.config import load_config
from segnet.cli import app
from segnet.cli.lr_find import advice
from segnet.errors import UserError
from segnet.measuring.lr_finder import LearningRateCurve
from segnet.models.parts.blocks import VGG16_STAGES
from segnet.models.weight_files import copy_weights

VGG16_LAYERS = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEGBENCH_TRACKING", "off")
    monkeypatch.setenv("SEGBENCH_DEVICE", "cpu")
    monkeypatch.setenv("SEGBENCH_THREADS", "1")
    write_params(tmp_path)
    return tmp_path


def lr_find(*options: str) -> Result:
    return CliRunner().invoke(app, ["lr-find", *options])


def error_of(result: Result) -> str:
    assert isinstance(result.exception, UserError), result.exception
    return str(result.exception)


def test_curve_is_written_and_nothing_else(project: Path) -> None:
    write_prepared()
    before = {path for path in project.rglob("*") if path.is_file()}
    result = lr_find("--steps", "4")
    assert result.exit_code == 0, result.output
    written = sorted({path for path in project.rglob("*") if path.is_file()} - before)
    stem = project / ".segbench/lr-find/demo/streets-segnet_v1-ce-s0"
    assert written == [Path(f"{stem}.csv"), Path(f"{stem}.png")]
    with written[0].open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [float(row["learning_rate"]) for row in rows] == pytest.approx(
        [1e-6, 10 ** (-6 + 7 / 3), 10 ** (-6 + 14 / 3), 10]
    )
    assert all(0 < float(row["loss"]) < math.inf for row in rows)
    assert float(rows[0]["smoothed_loss"]) == float(rows[0]["loss"])
    with Image.open(written[1]) as picture:
        assert picture.format == "PNG"
    assert "recipe scratch: learning rate 0.2 (sgd)" in result.stdout


def test_named_cell_and_folder_are_used(project: Path) -> None:
    write_params(project, {"bench.models": ["segnet_v1", "segnet_basic"], "bench.seeds": [0, 3]})
    write_prepared()
    result = lr_find("--model", "basic", "--seed", "3", "--steps", "2", "--output", "curves")
    assert result.exit_code == 0, result.output
    names = {path.name for path in (project / "curves").iterdir()}
    assert names == {f"streets-segnet_basic-ce-s3.{suffix}" for suffix in ("csv", "png")}
    assert not (project / ".segbench").exists()


def test_output_that_is_a_file_is_an_error(project: Path) -> None:
    write_prepared()
    assert "--output params.yaml" in error_of(lr_find("--output", "params.yaml"))


@pytest.mark.parametrize(
    ("options", "known"),
    [
        (["--model", "unett"], "Known: segnet_v1."),
        (["--loss", "dice"], "Known: ce."),
        (["--dataset", "voc"], "Known: streets."),
        (["--seed", "7"], "Known: 0."),
    ],
)
def test_cell_that_the_bench_has_not_is_an_error(options: list[str], known: str) -> None:
    error = error_of(lr_find(*options))
    assert f"'{options[1]}'" in error or f"seed {options[1]}" in error
    assert known in error


def test_missing_data_and_weights_say_which_stages_to_run(project: Path) -> None:
    assert error_of(lr_find()) == (
        "data/prepared/demo/streets does not exist. Run `dvc repro prepare@demo-streets` first."
    )
    write_params(project, {"bench.encoder_weights": "vgg16"})
    assert "Run `dvc repro prepare@demo-streets weights@vgg16`" in error_of(lr_find())


def write_vgg16_weights() -> None:
    """Random weights in the names and shapes of torchvision's VGG16 features."""
    generator = torch.Generator().manual_seed(0)
    channels = [3, *(width for stage in VGG16_STAGES for width in stage)]
    tensors = {}
    for layer, before, after in zip(VGG16_LAYERS, channels, channels[1:], strict=False):
        weight = torch.randn(after, before, 3, 3, generator=generator)
        tensors[f"features.{layer}.weight"] = weight.half()
        tensors[f"features.{layer}.bias"] = torch.randn(after, generator=generator).half()
    folder = Path("data/weights/vgg16")
    folder.mkdir(parents=True)
    save_file(tensors, folder / "vgg16_features.safetensors")


class StoppedError(Exception):
    """Ends a stage where it would begin to train."""


@pytest.mark.parametrize(
    "changes",
    [
        {
            "models.segnet_v1": {"dropout": 0.5},
            "losses.ce": {"class_weights": "median_frequency"},
            "recipes.scratch.augmentation": {"crop": 0.5, "flip_probability": 0.5},
        },
        {"bench.encoder_weights": "vgg16", "bench.width": 1.0},
    ],
)
def test_range_test_gets_what_training_gets(
    changes: dict[str, Any], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_params(project, changes)
    write_prepared()
    if changes.get("bench.encoder_weights"):
        write_vgg16_weights()
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def capture(*arguments: Any, **options: Any) -> None:
        calls.append((arguments, options))
        raise StoppedError

    monkeypatch.setattr(pipelines.train, "fit", capture)
    monkeypatch.setattr(segnet.measuring.lr_finder, "find_learning_rate", capture)
    with pytest.raises(StoppedError):
        pipelines.train.main("streets", "segnet_v1", "ce", 0)
    assert isinstance(lr_find().exception, StoppedError)
    (network, training, _), trained = calls[0]
    (same_network, same_training), tested = calls[1]

    weights, same_weights = copy_weights(network), copy_weights(same_network)
    assert weights.keys() == same_weights.keys()
    assert all(torch.equal(weights[name], same_weights[name]) for name in weights)
    assert str(network) == str(same_network)
    assert torch.equal(training.images, same_training.images)
    assert torch.equal(training.masks, same_training.masks)
    for name in ("recipe", "size", "seed", "compute"):
        assert trained[name] == tested[name], name
    logits = torch.randn(6, 11, 24, 32)
    targets = training.masks.long()
    assert trained["loss"](logits, targets) == tested["loss"](logits, targets)


def curve(*smoothed: float, diverged: bool = True) -> LearningRateCurve:
    rates = tuple(10.0**at for at in range(-4, -4 + len(smoothed)))
    return LearningRateCurve(rates, smoothed, smoothed, diverged)


def test_advice_names_suggestion_present_rate_and_key() -> None:
    text = advice(curve(2.0, 1.5, 1.0, 9.0), load_config())
    assert "recipe scratch: learning rate 0.2 (sgd)" in text
    assert "suggestion: 0.001," in text  # lowest at 1e-2
    assert "recipes.scratch.optimizer.learning_rate to 0.001" in text
    assert "diverge" not in text


def test_advice_warns_of_a_loss_that_never_diverged() -> None:
    assert "did not diverge" in advice(curve(2.0, 1.0, diverged=False), load_config())


def test_advice_suggests_nothing_where_no_rate_helped() -> None:
    text = advice(curve(2.0, 2.5, 9.0), load_config())
    assert "suggestion: none" in text
    assert "nan" not in text

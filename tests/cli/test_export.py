from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import jaxtyping
import numpy as np
import pytest
from fake_project import write_params
from PIL import Image
from typer.testing import CliRunner

from pipelines import fetch, prepare
from segnet.bench.config import load_config
from segnet.cli import app
from segnet.models.building import build_model
from segnet.models.weight_files import copy_weights, save_weights
from segnet.paths import cell_run_folder

pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")


@pytest.fixture(autouse=True)
def sizes_may_be_symbols() -> Iterator[None]:
    """While a network is exported its sizes are symbols, which annotations call ``int``."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.mark.slow
def test_an_exported_network_predicts_what_the_cell_predicts_far_from_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    for folder in (project, elsewhere):
        folder.mkdir()
    monkeypatch.setenv("SEGBENCH_DEVICE", "cpu")
    monkeypatch.chdir(project)
    write_params(project)
    fetch.main("streets")
    prepare.main("streets")
    bench = load_config().bench
    network = build_model("segnet_v1", num_classes=11, width=bench.width, options={}, seed=0)
    run = cell_run_folder(bench.name, bench.cells()[0].slug)
    save_weights(copy_weights(network), run / "selected.safetensors")
    noise = np.random.default_rng(0).integers(0, 256, (30, 44, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.png")
    said = CliRunner().invoke(app, ["predict", "../a.png", "--masks"])
    assert said.exit_code == 0, said.output
    said = CliRunner().invoke(app, ["export", "v1", "--images", "2"])
    assert said.exit_code == 0, said.output
    assert re.search(r"2 test images, \d+ pixels: \w+ have", said.stderr)
    file = (project / said.stdout.strip()).resolve()
    monkeypatch.chdir(elsewhere)
    said = CliRunner().invoke(app, ["predict", "../a.png", "--masks", "--weights", str(file)])
    assert said.exit_code == 0, said.output
    (ours,) = (project / "predictions/masks").glob("*.png")
    (theirs,) = (elsewhere / "predictions/masks").glob("*.png")
    assert ours.name == theirs.name
    assert np.array_equal(np.asarray(Image.open(ours)), np.asarray(Image.open(theirs)))
    classes = "predictions/masks/classes.json"
    assert (project / classes).read_text() == (elsewhere / classes).read_text()
    said = CliRunner().invoke(app, ["predict", "../a.png", "--weights", str(file), "--model", "v1"])
    assert "--weights brings its own model" in str(said.exception)


def test_an_unknown_format_is_named() -> None:
    said = CliRunner().invoke(app, ["export", "v1", "--to", "tflite"])
    assert "--to tflite: unknown format. Known: onnx." in str(said.exception)

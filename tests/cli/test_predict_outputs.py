"""What `segbench predict` writes beside overlays: label maps, shares, videos."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from click.testing import Result
from fake_project import write_params, write_prepared
from fake_results import count_pairs
from fake_videos import write_video
from PIL import Image
from typer.testing import CliRunner

from segnet.bench.config import load_config
from segnet.cli import app
from segnet.compute import Compute
from segnet.datasets.prepared.store import PreparedSplit, read_dataset
from segnet.datasets.prepared.tensor_split import load_resident
from segnet.models.building import build_model
from segnet.models.weight_files import copy_weights, save_weights
from segnet.paths import cell_run_folder, prepared_folder
from segnet.scoring.counts.evaluation import evaluate, network_predictor
from segnet.taxonomy import CAMVID_11

NETWORK = "segnet_v1-ce-s0"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PreparedSplit:
    """A project whose first cell has weights, and its two test images as files in `pictures`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEGBENCH_DEVICE", "cpu")
    monkeypatch.setenv("SEGBENCH_THREADS", "1")
    write_params(tmp_path)
    write_prepared()
    test = read_dataset(prepared_folder("demo", "streets")).splits["test"]
    (tmp_path / "pictures").mkdir()
    for name, image in zip(test.names, test.images, strict=True):
        Image.fromarray(image).save(tmp_path / "pictures" / f"{name}.png")
    config = load_config()
    network = build_model("segnet_v1", num_classes=11, width=0.125, options={}, seed=0)
    run = cell_run_folder("demo", config.bench.cells()[0].slug)
    save_weights(copy_weights(network), run / "selected.safetensors")
    return test


def run(*arguments: str, exit_code: int = 0) -> Result:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == exit_code, result.output
    return result


def labels(path: str | Path) -> np.ndarray:
    with Image.open(path) as image:
        assert image.mode == "P"
        return np.asarray(image)


def test_masks_are_scored_as_they_were_written(project: PreparedSplit) -> None:
    run("predict", "pictures", "--masks")
    printed = run("score", "predictions/masks", "--dataset", "streets", "--json")
    predicted = [labels(f"predictions/masks/{name}-{NETWORK}.png") for name in project.names]
    counts = count_pairs(project.masks, np.stack(predicted), 11).sum(0)
    union = counts.sum(0) + counts.sum(1) - counts.diagonal()
    expected = (counts.diagonal()[union > 0] / union[union > 0]).mean()
    (row,) = json.loads(printed.stdout)["streets"]["rows"]
    assert row["miou"]["mean"] == pytest.approx(expected, abs=1e-12)
    assert f"files are named NAME-{NETWORK}.png" in printed.stderr


def test_masks_are_the_class_maps_that_the_bench_is_scored_on(project: PreparedSplit) -> None:
    run("predict", "pictures", "--masks")
    cpu = torch.device("cpu")
    network = build_model("segnet_v1", num_classes=11, width=0.125, options={}, seed=0)
    predictor = network_predictor(network, Compute(cpu, "float32"))
    scored = evaluate(predictor, load_resident(project, cpu), num_classes=11)
    for name, expected in zip(project.names, scored.predicted, strict=True):
        mask = labels(f"predictions/masks/{name}-{NETWORK}.png")
        np.testing.assert_array_equal(mask, expected)


def test_mask_has_the_colours_of_the_classes_and_a_file_names_them() -> None:
    run("predict", "pictures/test0.png", "--masks")
    with Image.open(f"predictions/masks/test0-{NETWORK}.png") as image:
        stored, shown = np.asarray(image), np.asarray(image.convert("RGB"))
    np.testing.assert_array_equal(shown, np.array(CAMVID_11.colors)[stored])
    told = json.loads(Path("predictions/masks/classes.json").read_text())
    assert [one["name"] for one in told["classes"]] == list(CAMVID_11.names)
    assert told["classes"][3] == {"label": 3, "name": "Road", "color": [128, 64, 128]}
    assert told["void"] == 255


def test_shares_are_those_of_the_label_map_and_add_up_to_one() -> None:
    (found,) = json.loads(run("predict", "pictures/test0.png", "--masks", "--json").stdout)
    mask = labels(found["masks"])
    assert found["source"] == "pictures/test0.png"
    assert found["network"] == NETWORK
    assert found["overlay"] == f"predictions/test0-{NETWORK}.png"
    for label, name in enumerate(CAMVID_11.names):
        assert found["shares"][name] == pytest.approx((mask == label).mean()), name
    assert sum(found["shares"].values()) == pytest.approx(1)


def test_json_tells_of_the_files_that_could_be_predicted() -> None:
    Path("pictures/bad.png").write_bytes(b"no picture")
    result = run("predict", "pictures", "--json", exit_code=1)
    found = json.loads(result.stdout)
    assert [one["source"] for one in found] == ["pictures/test0.png", "pictures/test1.png"]
    assert "pictures/bad.png cannot be decoded" in result.stderr


def test_video_becomes_a_video_with_a_label_map_for_every_frame(project: PreparedSplit) -> None:
    frames = [project.images[at % 2] for at in range(7)]
    write_video(Path("clip.mp4"), frames, rate=10)
    (found,) = json.loads(run("predict", "clip.mp4", "--masks", "--json").stdout)
    assert found["overlay"] == f"predictions/clip-{NETWORK}.mp4"
    assert found["frames"] == 7
    with av.open(found["overlay"]) as container:
        written = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(written) == 7
    assert written[0].shape[1] == 32
    maps = sorted(Path(found["masks"]).iterdir())
    assert [path.name for path in maps] == [f"{at:06}.png" for at in range(7)]
    shares = np.bincount(np.stack([labels(path) for path in maps]).ravel(), minlength=11)
    assert list(found["shares"].values()) == pytest.approx((shares / shares.sum()).tolist())
    printed = run("predict", "clip.mp4").stdout
    assert printed.startswith(f"predictions/clip-{NETWORK}.mp4  7 frames, ")


def test_damaged_video_keeps_no_other_file_from_being_predicted() -> None:
    Path("clip.mp4").write_bytes(b"frames")
    result = run("predict", "clip.mp4", "pictures/test0.png", exit_code=1)
    assert "error: clip.mp4 cannot be decoded" in result.stderr
    assert f"predictions/test0-{NETWORK}.png" in result.stdout
    assert Path("clip.mp4").read_bytes() == b"frames"
    assert sorted(path.name for path in Path("predictions").iterdir()) == [f"test0-{NETWORK}.png"]

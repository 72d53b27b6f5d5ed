"""The preset for a GPU, one epoch of it: real sizes, a handful of made-up frames."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from pipelines import evaluate, prepare, train
from segnet.bench.config import load_config
from segnet.bench.presets import BENCH_BLOCK
from segnet.datasets import camvid
from segnet.models.parts.blocks import VGG16_STAGES
from segnet.results.records import EvaluationRecord

ROOT = Path(__file__).parents[2]
FRAMES = {"train": 4, "val": 2, "test": 2}
TORCHVISION_LAYERS = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)


def write_frames(raw: Path) -> None:
    rng = np.random.default_rng(0)
    for split, count in FRAMES.items():
        for folder in (raw / split, raw / f"{split}annot"):
            folder.mkdir(parents=True)
        for number in range(count):
            labels = rng.integers(0, 12, (6, 8), np.uint8).repeat(60, 0).repeat(60, 1)
            frame = np.stack([labels * 20] * 3, -1)
            Image.fromarray(frame).save(raw / split / f"{split}_{number}.png")
            Image.fromarray(labels).save(raw / f"{split}annot" / f"{split}_{number}.png")


def write_weights(folder: Path) -> None:
    channels = [3, *(width for stage in VGG16_STAGES for width in stage)]
    tensors = {}
    for layer, before, after in zip(TORCHVISION_LAYERS, channels, channels[1:], strict=False):
        scale = (2 / (9 * before)) ** 0.5
        tensors[f"features.{layer}.weight"] = (torch.randn(after, before, 3, 3) * scale).half()
        tensors[f"features.{layer}.bias"] = torch.zeros(after).half()
    folder.mkdir(parents=True)
    save_file(tensors, folder / "vgg16_features.safetensors")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with the preset, one epoch long, and prepared frames of CamVid's size."""
    folder = tmp_path_factory.mktemp("camvid")
    preset = (ROOT / "pipelines/presets/camvid.yaml").read_text()
    assert "total_epochs: 200" in preset
    block = preset.replace("total_epochs: 200", "total_epochs: 1")
    params = BENCH_BLOCK.sub(lambda _: block, (ROOT / "params.yaml").read_text(), count=1)
    (folder / "params.yaml").write_text(params)
    write_frames(folder / "data/raw/camvid")
    write_weights(folder / "data/weights/vgg16")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("SEGBENCH_TRACKING", "off")
        patch.setattr(camvid, "SPLIT_SIZES", FRAMES)
        patch.setattr(camvid, "FINGERPRINT", None)
        prepare.main("camvid")
        yield folder


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "loss"),
    [
        ("segnet_v1", "ce"),
        ("segnet_v2", "dice"),
        ("segnet_v3", "ce"),
        ("unet", "dice"),
        ("fcn8s", "ce"),
    ],
)
def test_one_epoch_at_full_size_trains_and_is_scored(model: str, loss: str, project: Path) -> None:
    bench = load_config().bench
    assert (bench.working_size, bench.width, bench.encoder_weights) == ((360, 480), 1.0, "vgg16")
    train.main("camvid", model, loss, 0)
    evaluate.main("camvid", model, loss, 0)
    record = EvaluationRecord.read(project / f"reports/camvid/runs/camvid-{model}-{loss}-s0")
    scores = record.of("last").scores
    assert 0 <= scores.miou <= 1
    assert 0 <= scores.boundary_f1 <= 1
    assert 0 <= scores.ece <= 1


def test_preset_has_every_model_of_the_comparison_with_both_losses() -> None:
    preset = (ROOT / "pipelines/presets/camvid.yaml").read_text()
    assert "models: [segnet_v1, segnet_v2, segnet_v3, unet, fcn8s]" in preset
    assert "losses: [ce, dice]" in preset

"""Made ``segnet_v1.safetensors``, ``images.npz`` and ``evaluation.json`` beside this file.

    python tests/golden/make_checkpoint.py

from the project's root: a SegNet of 8 to 16 channels learns drawn street scenes for a minute. Run
it again only if the layers of the network or the metric are meant to change: ``git diff`` shows the
old and the new score.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
import torch

from segnet.bench.config import load_config
from segnet.compute import choose_compute
from segnet.datasets.prepared.tensor_split import load_resident
from segnet.datasets.preparing.writing import write_dataset
from segnet.datasets.registry import define_dataset
from segnet.losses.building import build_loss
from segnet.models.building import build_model
from segnet.models.weight_files import copy_weights, save_weights
from segnet.scoring.counts import metrics
from segnet.scoring.counts.evaluation import evaluate, network_predictor
from segnet.taxonomy import CAMVID_11
from segnet.training.loop import fit
from segnet.training.recipe import Recipe

GOLDEN = Path(__file__).parent
OPTIONS = {"seed": 7, "height": 48, "width": 64, "train": 160, "val": 8, "test": 8}
WORKING_SIZE = (24, 32)
WIDTH = 0.03
EPOCHS = 40


def main() -> None:
    """Train, and write weights, the eight images and their score."""
    config = load_config()
    recipe: Recipe = config.recipes["scratch"]
    definition = define_dataset("streets", {"streets": OPTIONS})
    compute = choose_compute("float32")
    with tempfile.TemporaryDirectory() as scratch:
        data = write_dataset(
            Path(scratch) / "data",
            definition.taxonomy,
            definition.samples(Path(scratch)),
            working_size=WORKING_SIZE,
        )
        train, test = data.splits["train"], data.splits["test"]
        network = build_model(
            "segnet_v1", num_classes=CAMVID_11.num_classes, width=WIDTH, options={}, seed=0
        )
        loss = build_loss(
            "dice", {}, class_counts=train.class_counts, image_pixels=train.mask_sizes.prod(1)
        )
        fit(
            network,
            load_resident(train, compute.device),
            load_resident(data.splits["val"], compute.device),
            loss=loss,
            recipe=recipe,
            size=WORKING_SIZE,
            num_classes=CAMVID_11.num_classes,
            total_epochs=EPOCHS,
            validate_every_epochs=EPOCHS,
            seed=0,
            compute=compute,
            state_path=Path(scratch) / "state.pt",
            on_step=lambda step: None,
            on_epoch=lambda row: print(f"epoch {row.epoch}/{EPOCHS} loss {row.train_loss:.3f}"),
        )
        result = evaluate(
            network_predictor(network, compute),
            load_resident(test, compute.device),
            num_classes=CAMVID_11.num_classes,
        )
        save_weights(copy_weights(network), GOLDEN / "segnet_v1.safetensors")
        np.savez_compressed(GOLDEN / "images.npz", images=test.images, masks=test.masks)
        total = result.counts.sum(0)
        record = {
            "miou": float(metrics.miou(total)),
            "iou": dict(zip(CAMVID_11.names, metrics.iou(total).round(4).tolist(), strict=True)),
            "torch": torch.__version__,
        }
        (GOLDEN / "evaluation.json").write_text(json.dumps(record, indent=1) + "\n")
        print(json.dumps(record))


if __name__ == "__main__":
    main()

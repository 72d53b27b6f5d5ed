"""A project folder with small parameters and prepared data, for commands and stages that train."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML

from segnet.datasets.preparing.samples import Pair, Sample
from segnet.datasets.preparing.writing import write_dataset
from segnet.paths import prepared_folder
from segnet.taxonomy import CAMVID_11

ROOT = Path(__file__).parents[1]


def write_params(folder: Path, changes: dict[str, Any] | None = None) -> None:
    """This project's ``params.yaml`` with a bench of one small cell; ``changes`` by dotted key."""
    yaml = YAML(typ="safe")
    params = yaml.load(ROOT / "params.yaml")
    small = {
        "bench.name": "demo",
        "bench.datasets": ["streets"],
        "bench.models": ["segnet_v1"],
        "bench.losses": ["ce"],
        "bench.seeds": [0],
        "bench.recipe": "scratch",
        "bench.encoder_weights": "random",
        "recipes.scratch.optimizer": {"kind": "sgd", "learning_rate": 0.2},
        "models.segnet_v1": {},
        "bench.working_size": [24, 32],
        "bench.width": 0.125,
        "bench.total_epochs": 1,
        "bench.precision": "float32",
    }
    for key, value in {**small, **(changes or {})}.items():
        *parents, last = key.split(".")
        section = params
        for parent in parents:
            section = section[parent]
        section[last] = value
    with (folder / "params.yaml").open("w") as file:
        yaml.dump(params, file)


class Noise:
    """A pair of random pixels and labels, the same at every call."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __call__(self) -> Pair:
        rng = np.random.default_rng(self.number)
        labels = rng.integers(0, CAMVID_11.num_classes, (24, 32), np.uint8)
        return Pair(rng.integers(0, 256, (24, 32, 3), np.uint8), labels)


def write_prepared(*, bench: str = "demo", dataset: str = "streets") -> None:
    """Six training images of noise and two each to validate and to test, in the current folder."""
    sizes = {"train": 6, "val": 2, "test": 2}
    splits = {
        split: [Sample(f"{split}{at}", "clip", Noise(100 * len(split) + at)) for at in range(size)]
        for split, size in sizes.items()
    }
    write_dataset(prepared_folder(bench, dataset), CAMVID_11, splits, working_size=(24, 32))

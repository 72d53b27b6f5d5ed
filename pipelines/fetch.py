"""Stages ``fetch_dataset`` and ``fetch_weights``.

``python -m pipelines.fetch dataset NAME`` leaves ``data/raw/NAME``;
``python -m pipelines.fetch weights NAME`` leaves ``data/weights/NAME``. ``SEGBENCH_MIRROR`` is
asked before the network.
"""

from __future__ import annotations

import argparse
import sys

from segnet.bench.config import load_config
from segnet.datasets.registry import define_dataset
from segnet.errors import exit_on_user_error
from segnet.paths import raw_folder, weights_folder


def fetch_dataset(name: str) -> None:
    """Fetch the files of a data set and say what they may be used for."""
    definition = define_dataset(name, load_config().datasets)
    print(
        f"{definition.title}. Licence: {definition.licence}. {definition.source}", file=sys.stderr
    )
    definition.fetch(raw_folder(name))


def fetch_weights(name: str) -> None:
    """Fetch the encoder weights that ``bench.encoder_weights`` may name."""
    from segnet.models.pretrained.weights import (
        fetch_encoder_weights,  # imports torch: seconds, not for data
    )

    fetch_encoder_weights(name, weights_folder(name))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m pipelines.fetch")
    parser.add_argument("kind", choices=("dataset", "weights"))
    parser.add_argument("name")
    arguments = parser.parse_args()
    with exit_on_user_error():
        if arguments.kind == "dataset":
            fetch_dataset(arguments.name)
        else:
            fetch_weights(arguments.name)

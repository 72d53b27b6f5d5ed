"""Stage ``weights``: the weights encoders start from. ``python -m pipelines.weights NAME``.

Leaves ``data/weights/NAME`` for the value NAME of ``bench.encoder_weights``. ``SEGBENCH_MIRROR`` is
asked before the network.
"""

from __future__ import annotations

import argparse

from segnet.errors import exit_on_user_error
from segnet.models.pretrained.weights import fetch_encoder_weights
from segnet.paths import weights_folder


def main(name: str) -> None:
    """Fetch one set of encoder weights."""
    fetch_encoder_weights(name, weights_folder(name))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m pipelines.weights")
    parser.add_argument("name")
    with exit_on_user_error():
        main(parser.parse_args().name)

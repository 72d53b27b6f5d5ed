"""Stage ``weights``: the weights encoders start from. ``python -m pipelines.weights NAME``.

Leaves ``data/weights/NAME`` for the value NAME of ``bench.encoder_weights``. ``SEGBENCH_MIRROR`` is
asked before the network.
"""

from __future__ import annotations

import argparse

from segnet.errors import exit_on_user_error
from segnet.models.pretrained import FETCH, weights_file


def main(name: str) -> None:
    """Fetch one kind of encoder weights."""
    file = weights_file(name)  # an unknown name is an error here
    FETCH[name](file)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m pipelines.weights")
    parser.add_argument("name")
    with exit_on_user_error():
        main(parser.parse_args().name)

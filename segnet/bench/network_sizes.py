"""Parameters and multiply-adds of the networks, which change only with their files.

To count them takes seconds, and smp. So the counts are committed beside this file, written by
``python -m segnet.bench.network_sizes``; a test counts again. A network that is not among them is
counted when it is asked for.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import NamedTuple

from segnet.atomic import write_atomically

CAMVID_CLASSES = 11
CAMVID_SIZE = (360, 480)
"""As in the paper's tables 1 and 6."""
COUNTED = Path(__file__).with_suffix(".json")


class NetworkSize(NamedTuple):
    """Of a network with 11 classes at full width."""

    parameters: int
    multiply_adds: int
    """Of one image of 360x480."""


def network_sizes(names: list[str]) -> dict[str, NetworkSize]:
    """Of each network of the registry that is named, as committed or else counted."""
    committed = json.loads(COUNTED.read_text())
    return {
        name: NetworkSize(**committed[name]) if name in committed else count_size(name)
        for name in names
    }


def count_size(name: str) -> NetworkSize:
    """Count one network; shapes only, nothing is allocated."""
    import torch

    from segnet.measuring.cost.multiply_adds import count_multiply_adds
    from segnet.models import MODELS

    build = partial(MODELS[name], CAMVID_CLASSES)
    with torch.device("meta"):
        parameters = sum(one.numel() for one in build().parameters())
    return NetworkSize(parameters, count_multiply_adds(build, *CAMVID_SIZE))


def main() -> None:
    """Count every network of the registry, and write the file."""
    from segnet.models import MODELS

    counted = {name: count_size(name)._asdict() for name in MODELS}
    write_atomically(COUNTED, json.dumps(counted, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""How long the cells of a bench will take on this machine, from a few steps of one. No torch."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from segnet.bench.config import Config
from segnet.bench.network_sizes import network_sizes
from segnet.errors import UserError
from segnet.grid import Cell


def estimate_seconds(config: Config, cells: Sequence[Cell]) -> float:
    """Seconds of training, one cell after the other; validation and evaluation come on top.

    The first cell's steps are timed. Other networks are taken to need time as they need
    multiply-adds, and other data sets as many images: right to a factor of two.

    Raises:
        UserError: if the training of that cell cannot begin.
    """
    first = cells[0]
    command = ("pipelines.calibrate", first.dataset, first.model, first.loss, str(first.seed))
    timed = subprocess.run(
        (sys.executable, "-m", *command),
        env={**os.environ, "SEGBENCH_TRACKING": "off"},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if timed.returncode:
        raise UserError(f"{first.slug} cannot begin to train; why stands above.")
    epoch = float(timed.stdout.split()[-1])
    sizes = network_sizes([first.model, *(cell.model for cell in cells)])
    factors = (sizes[cell.model].multiply_adds / sizes[first.model].multiply_adds for cell in cells)
    return epoch * config.bench.total_epochs * sum(factors)

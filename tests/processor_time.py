"""Processor time, to hold one piece of work against another in one run on one machine.

A limit in seconds says how fast a processor is and what else it does. A ratio to work that any
machine has to do says how fast the code is.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
IMPORTS = "import numpy, pydantic, rich.table, ruamel.yaml, typer\n"
"""What the command line cannot do without."""


def processor_seconds(work: Callable[[], object]) -> float:
    """Processor time of all threads of this process during ``work``."""
    before = time.process_time()
    work()
    return time.process_time() - before


def process_seconds(*arguments: str) -> float:
    """Processor time of a Python process from start to end, this tree's code on its path."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, *arguments]
    subprocess.run(command, env=environment, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ratio(work: Callable[[], float], yardstick: Callable[[], float]) -> float:
    """Seconds of one over those of the other, each the least of three, taken in turn."""
    pairs = [(work(), yardstick()) for _ in range(3)]
    return min(one for one, _ in pairs) / min(other for _, other in pairs)

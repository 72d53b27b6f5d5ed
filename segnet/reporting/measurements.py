"""What a network costs at inference, where it was measured. No torch.

``reports/<bench>/measure/<dataset>-<model>.json`` holds plain numbers; any of them may be missing.
"""

from __future__ import annotations

import json
import math
from typing import Any, NamedTuple

from segnet.errors import UserError
from segnet.paths import report_folder


class Measurement(NamedTuple):
    """The cost of one network on images of one size; NaN is not measured."""

    multiply_adds: float = math.nan
    """Of one image."""
    latency_ms: float = math.nan
    peak_memory_mib: float = math.nan
    height: int = 0
    width: int = 0
    device: str = ""

    @property
    def place(self) -> str:
        """``360x480 on NVIDIA H100``: what the numbers depend on."""
        size = f"{self.height}x{self.width}" if self.height and self.width else "unknown size"
        return f"{size} on {self.device or 'an unknown device'}"


def read_measurement(bench: str, dataset: str, model: str) -> Measurement | None:
    """The measurement of a model on a data set; None if there is none.

    Raises:
        UserError: if the file is damaged.
    """
    path = report_folder(bench) / "measure" / f"{dataset}-{model}.json"
    if not path.exists():
        return None
    try:
        found: Any = json.loads(path.read_text())
        known = {name: found[name] for name in Measurement._fields if found.get(name) is not None}
        for name in ("multiply_adds", "latency_ms", "peak_memory_mib"):
            known[name] = float(known.get(name, math.nan))
        return Measurement(**known)
    except (AttributeError, TypeError, ValueError) as error:
        raise UserError(f"{path} is damaged ({error}). Delete it and run `dvc repro`.") from None

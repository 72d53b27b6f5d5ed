"""How far each cell is: a small file a cell, for who watches from this or another terminal."""

from __future__ import annotations

import json
import os
import platform
import time
from dataclasses import asdict, dataclass, field
from typing import Literal

from segnet.atomic import write_atomically
from segnet.paths import status_file

State = Literal["waiting", "running", "done", "failed", "stopped"]


@dataclass(frozen=True)
class CellStatus:
    """What is known of a cell; written by who runs it."""

    state: State
    epoch: int = 0
    """Of a running cell: how many are done."""
    total_epochs: int = 0
    seconds_left: float | None = None
    reason: str = ""
    """Why it failed."""
    host: str = field(default_factory=platform.node)
    process: int = field(default_factory=os.getpid)
    time: float = field(default_factory=time.time)

    def text(self) -> str:
        """``running, epoch 3 of 15, 4 min left``."""
        parts: list[str] = [self.state]
        if self.state == "running" and self.total_epochs:
            parts.append(f"epoch {self.epoch} of {self.total_epochs}")
        if self.state == "running" and self.seconds_left is not None:
            parts.append(f"{duration(self.seconds_left)} left")
        return ", ".join(parts) + (f": {self.reason}" if self.reason else "")

    def is_alive(self) -> bool:
        """Whether the process that wrote it may still be there."""
        if self.host != platform.node():
            return True
        try:
            os.kill(self.process, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
        return True


def duration(seconds: float) -> str:
    """``40 s``, ``12 min``, ``3.5 h``."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def write_status(bench: str, slug: str, status: CellStatus) -> None:
    """Tell how far a cell is."""
    write_atomically(status_file(bench, slug), json.dumps(asdict(status)) + "\n")


def read_status(bench: str, slug: str) -> CellStatus | None:
    """What was told last of a cell; None if nothing was, or in another version's words."""
    try:
        return CellStatus(**json.loads(status_file(bench, slug).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None

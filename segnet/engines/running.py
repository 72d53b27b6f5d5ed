"""Runs jobs on an engine and shows a line a cell: waiting, running, done, or failed and why."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from rich.console import Console
from rich.live import Live
from rich.text import Text

from segnet.engines import Engine
from segnet.engines.jobs import Job
from segnet.engines.status import CellStatus, State, read_status, write_status

POLL_SECONDS = 0.5
TELL_SECONDS = 60.0
"""How often the lines of running cells are repeated where there is no terminal to redraw."""


class Board:
    """The lines of a run: redrawn in a terminal, elsewhere printed where they change."""

    def __init__(self, bench: str, jobs: Sequence[Job]) -> None:
        self._bench = bench
        self._names = [job.name for job in jobs]
        self._printed = dict.fromkeys(self._names, "")
        self._told_at = time.monotonic()
        self._live: Live | None = None
        console = Console(stderr=True)
        if console.is_terminal:
            self._live = Live(console=console, auto_refresh=False, vertical_overflow="visible")
            self._live.start()
        for name in self._names:
            write_status(bench, name, CellStatus("waiting"))

    def settle(self, name: str, status: CellStatus) -> None:
        """A job has ended."""
        write_status(self._bench, name, status)

    def show(self) -> None:
        """Read how far the cells are, and show what is new."""
        texts = {name: self._text(name) for name in self._names}
        if self._live is not None:
            lines = "\n".join(f"{name}  {text}" for name, text in texts.items())
            self._live.update(Text(lines), refresh=True)
            return
        is_time = time.monotonic() - self._told_at > TELL_SECONDS
        self._told_at = time.monotonic() if is_time else self._told_at
        for name, text in texts.items():
            before = self._printed[name]
            # every epoch is a new text; only a new state is worth a line at once
            if text != before and (is_time or _state(text) != _state(before)):
                self._printed[name] = text
                if text != "waiting":
                    print(f"{name}  {text}", file=sys.stderr, flush=True)

    def _text(self, name: str) -> str:
        status = read_status(self._bench, name)
        return status.text() if status else "waiting"

    def close(self) -> None:
        """Leave the lines as they are."""
        self.show()
        if self._live is not None:
            self._live.stop()


def _state(text: str) -> str:
    return text.replace(":", ",").partition(",")[0]


def run_on(
    engine: Engine, bench: str, jobs: Sequence[Job], *, at_once: int, deadline: float
) -> dict[str, str]:
    """Run jobs until all have ended; by name of those that are not done, why.

    Args:
        engine: where.
        bench: what the jobs are of.
        jobs: what.
        at_once: how many at the same time, 0: the engine's choice.
        deadline: on :func:`time.monotonic`; then what runs is stopped, with its state saved.
    """
    board = Board(bench, jobs)
    settled: dict[str, str] = {}

    def settle(otherwise: str) -> None:
        for name, reason in engine.finished().items():
            if name not in settled:
                settled[name] = reason and (otherwise or reason)
                state: State = "done" if not reason else "stopped" if otherwise else "failed"
                board.settle(name, CellStatus(state, reason="" if otherwise else reason))

    try:
        engine.submit(jobs, at_once=at_once)
        while len(settled) < len(jobs) and time.monotonic() < deadline:
            settle("")
            board.show()
            time.sleep(POLL_SECONDS)
    finally:
        if len(settled) < len(jobs):
            engine.stop()
            settle("stopped")
            for job in jobs:
                if job.name not in settled:
                    settled[job.name] = "stopped"
                    board.settle(job.name, CellStatus("stopped"))
        board.close()
    return {name: reason for name, reason in settled.items() if reason}

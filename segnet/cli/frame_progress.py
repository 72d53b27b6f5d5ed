"""What one sees while a video is predicted: a live bar in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

SECONDS_A_LINE = 10


class FrameProgress:
    """Shows frames done, frames per second and time left, on stderr.

    Args:
        title: which video this is.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._said = time.monotonic()
        self._bar: Progress | None = None
        if sys.stderr.isatty():
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.fields[speed]}"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
            )
            self._task = self._bar.add_task(title, total=None, speed="")

    def __enter__(self) -> FrameProgress:
        """Start the bar."""
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the bar."""
        if self._bar is not None:
            self._bar.stop()

    def report(self, done: int, total: int, frames_per_second: float) -> None:
        """Show a frame as done; ``total`` is 0 where it is not known."""
        speed = f"{frames_per_second:.1f} frames/s"
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total or None, speed=speed)
        elif time.monotonic() - self._said >= SECONDS_A_LINE:
            self._said = time.monotonic()
            of = f" of {total}" if total else ""
            print(f"{self._title}: {done}{of} frames, {speed}", file=sys.stderr, flush=True)

"""When a training has to stop before its end, and that no other process trains the same cell."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from filelock import FileLock, Timeout

from segnet.errors import UserError

SIGNALS = (signal.SIGTERM, signal.SIGINT)
WAIT_SECONDS = 20.0
"""For another process to save its state: one whose parent was killed does so at its next step."""


@contextmanager
def stop_requests() -> Iterator[Callable[[], bool]]:
    """Give a function that says whether to stop: after SIGTERM or SIGINT, or without a parent.

    In the block these signals end nothing by themselves, but a second one does as it always did.
    The parent counts where DVC started the process: a killed DVC does not end its children.
    """
    received: list[int] = []
    parent = os.getppid() if "DVC_STAGE" in os.environ else None

    def on_signal(number: int, frame: FrameType | None) -> None:
        received.append(number)
        signal.signal(number, before[signal.Signals(number)])

    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number in SIGNALS:
        signal.signal(number, on_signal)
    try:
        yield lambda: bool(received) or (parent is not None and os.getppid() != parent)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def only_process(path: Path, *, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the lock file for the block, so that one process at a time does what it stands for.

    The operating system gives the lock back when the process ends, however it ends.

    Raises:
        UserError: if another process still holds it after ``wait_seconds``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path, timeout=wait_seconds):
            yield
    except Timeout:
        raise UserError(
            f"another process is training this cell ({path} is locked). Wait until it is done, or "
            "stop it; its state is saved and the next run goes on from there."
        ) from None

"""Processes that end with their parent, save their state when they are asked to, and say why."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

STOP_SECONDS = 60.0
"""A training saves its state at its next step, which may take this long."""
WAIT_SECONDS = 0.2
PR_SET_PDEATHSIG = 1


def run_to_the_end(
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    log: Path,
    on_start: Callable[[subprocess.Popen[bytes]], None],
) -> str:
    """Run a command; why it failed in one line, empty if it did not. What it prints goes to a log.

    Where the caller is interrupted or killed, so is the command.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as printed:
        begun = printed.tell()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_parent(),
        )
        try:
            on_start(process)
            while (status := process.poll()) is None:
                time.sleep(WAIT_SECONDS)  # not `wait`: a request to stop finds Python awake
        except BaseException:
            interrupt(process)
            raise
    return "" if status == 0 else reason_in(log, begun, status)


def interrupt(process: subprocess.Popen[bytes]) -> None:
    """Ask a process and its children to save what they have and to end; wait until they have."""
    _signal_group(process, signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        _signal_group(process, signal.SIGKILL)
        process.wait()
    deadline = time.monotonic() + STOP_SECONDS
    while _signal_group(process, 0) and time.monotonic() < deadline:  # a child may live longer
        time.sleep(0.1)


def _signal_group(process: subprocess.Popen[bytes], number: int) -> bool:
    """Whether there was anyone to take the signal."""
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _end_with_parent() -> Callable[[], None] | None:
    """What makes Linux send SIGTERM to a child whose parent was killed."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)  # loaded here: a child of threads may not

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

    return ask


def reason_in(log: Path, begun: int, status: int) -> str:
    """The error that a command has printed; else its last line, else its status."""
    with log.open("rb") as file:
        file.seek(begun)
        lines = [line.strip() for line in file.read().decode(errors="replace").splitlines()]
    lines = [line for line in lines if line]
    errors = [line for line in lines if line.startswith("error: ")]
    if errors:
        return errors[-1].removeprefix("error: ")
    return lines[-1] if lines else f"ended with status {status}"

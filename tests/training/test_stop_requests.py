"""Signals, a parent that is gone, and a cell that two processes want."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from segnet.errors import UserError
from segnet.training.stopping import only_process, stop_requests


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_is_a_request_to_stop_and_a_second_one_ends_the_block(
    number: signal.Signals,
) -> None:
    seen: list[int] = []
    before = signal.signal(number, lambda *_: seen.append(1))
    try:
        with stop_requests() as should_stop:
            assert not should_stop()
            os.kill(os.getpid(), number)
            assert should_stop()
            assert seen == []
            os.kill(os.getpid(), number)
            assert seen == [1]
        os.kill(os.getpid(), number)
        assert seen == [1, 1]
    finally:
        signal.signal(number, before)


@pytest.mark.parametrize("started_by", ["dvc", "a shell"])
def test_child_of_a_killed_dvc_is_asked_to_stop(started_by: str, tmp_path: Path) -> None:
    """The parent starts a child and dies; the child writes down whether it is asked to stop."""
    child = (
        "import os, time\n"
        "from segnet.training.stopping import stop_requests\n"
        "with stop_requests() as should_stop:\n"
        "    open('ready', 'w').close()\n"
        "    end = time.monotonic() + 60\n"
        "    while os.path.exists('parent') and time.monotonic() < end:\n"
        "        time.sleep(0.02)\n"
        "    time.sleep(0.2)\n"
        "    open('.answer', 'w').write(str(should_stop()))\n"
        "    os.rename('.answer', 'answer')\n"
    )
    parent = (
        "import os, subprocess, sys, time\n"
        f"subprocess.Popen([sys.executable, '-c', {child!r}])\n"
        "while not os.path.exists('ready'):\n"
        "    time.sleep(0.02)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    environment.pop("DVC_STAGE", None)
    if started_by == "dvc":
        environment["DVC_STAGE"] = "train@x"
    (tmp_path / "parent").touch()
    subprocess.run([sys.executable, "-c", parent], cwd=tmp_path, env=environment, check=True)
    (tmp_path / "parent").unlink()
    end = time.monotonic() + 60
    while not (tmp_path / "answer").exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert (tmp_path / "answer").read_text() == str(started_by == "dvc")


def test_cell_that_another_process_trains_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "locks/cell.lock"
    with only_process(path):
        pass
    refused = pytest.raises(UserError, match=r"another process is training .*cell\.lock")
    with FileLock(path), refused, only_process(path, wait_seconds=0.1):
        pass
    with only_process(path, wait_seconds=0.1):
        pass

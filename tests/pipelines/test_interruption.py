"""A training that is interrupted and run again ends with the same weights."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fake_project import write_params, write_prepared

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "pipelines.train", "streets", "segnet_v1", "ce", "0")
WEIGHTS = Path("runs/demo/streets-segnet_v1-ce-s0/selected.safetensors")


def start() -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SEGBENCH_TRACKING": "off",
        "SEGBENCH_THREADS": "1",
    }
    with Path("log").open("wb") as log:
        return subprocess.Popen(COMMAND, env=environment, stdout=log, stderr=log)


def run_to_the_end() -> str:
    """The SHA-256 of the weights."""
    assert start().wait() == 0, Path("log").read_text()
    return hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()


@pytest.mark.slow
def test_interrupted_training_ends_with_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_params(tmp_path, {"bench.total_epochs": 80, "bench.validate_every_epochs": 20})
    write_prepared()
    expected = run_to_the_end()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
        WEIGHTS.unlink()
        training = start()
        while "epoch 5/" not in Path("log").read_text():
            assert training.poll() is None, Path("log").read_text()
            time.sleep(0.02)
        training.send_signal(number)
        assert training.wait() == (-number if number == signal.SIGKILL else 1)
        states = list(Path(".segbench/checkpoints").glob("*/state.pt"))
        assert len(states) == (0 if number == signal.SIGKILL else 1)  # not yet a minute old
        assert run_to_the_end() == expected
        assert list(Path(".segbench/checkpoints").iterdir()) == []

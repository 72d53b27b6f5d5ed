"""Commands that people wait for load nothing that takes seconds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from segnet.bench.machine import GPU_DRIVERS

SLOW = {"torch", "scipy", "matplotlib", "mlflow", "dvc", "pandas", "segmentation_models_pytorch"}
CODE = """
import sys
from segnet.cli import app

app({arguments!r}, standalone_mode=False)
print(*(name for name in {slow!r} if name in sys.modules), file=sys.stderr)
"""
HAS_GPU = any(Path(one).exists() for one in GPU_DRIVERS)


@pytest.mark.parametrize("command", ["--help", "compare", "list", "doctor", "preset"])
def test_command_loads_no_slow_package(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if command == "doctor" and HAS_GPU:
        pytest.skip("torch is asked about the GPU")
    for name in ("SEGBENCH_DEVICE", "SEGBENCH_THREADS"):
        monkeypatch.delenv(name, raising=False)
    code = CODE.format(arguments=[command], slow=sorted(SLOW))
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr.splitlines()[-1].split() == []

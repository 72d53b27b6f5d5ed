"""Where a run would compute, found without torch where the answer is plain: it loads in seconds."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NamedTuple

GPU_DRIVERS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg", "/dev/nvmap")
"""One of these is there where torch can see a GPU: NVIDIA, AMD, WSL, Jetson."""
CPU_INFO = Path("/proc/cpuinfo")
BFLOAT16_FLAGS = {"avx512_bf16", "amx_tile"}
"""What a processor says that multiplies bfloat16; torch asks for the same two."""


class Device(NamedTuple):
    """What :func:`segnet.compute.choose_compute` would choose."""

    name: str
    precision: str
    is_gpu: bool


def find_device(precision: str) -> Device:
    """The device and precision of a run.

    Torch is asked where only it can tell: outside Linux, where a GPU's driver is loaded, and where
    ``SEGBENCH_DEVICE`` or ``SEGBENCH_THREADS`` asks for something that may not be there.

    Args:
        precision: of the bench; ``auto`` is settled.

    Raises:
        UserError: if this machine cannot do what those variables ask for.
    """
    is_asked = os.environ.get("SEGBENCH_DEVICE") or os.environ.get("SEGBENCH_THREADS")
    may_have_gpu = sys.platform != "linux" or any(Path(one).exists() for one in GPU_DRIVERS)
    if is_asked or may_have_gpu:
        from segnet.compute import choose_compute

        compute = choose_compute(precision)
        return Device(compute.device_name, compute.precision, compute.device.type != "cpu")
    if precision == "auto":
        precision = "bfloat16" if BFLOAT16_FLAGS & _cpu_flags() else "float32"
    return Device("cpu", precision, is_gpu=False)


def _cpu_flags() -> set[str]:
    """What the first processor can do; empty if it is of a kind that does not list it."""
    for line in CPU_INFO.read_text().splitlines():
        key, _, words = line.partition(":")
        if key.strip() == "flags":
            return set(words.split())
    return set()

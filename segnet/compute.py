"""Where and how exactly the arithmetic runs: device, precision, threads, determinism."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from torch import nn

from segnet.errors import UserError

MAX_THREADS = 1024
"""More are a slip of the keyboard; the operating system may refuse them in the middle of a run."""


@dataclass(frozen=True)
class Compute:
    """A device and the precision of its matrix products."""

    device: torch.device
    precision: str
    """``float32``, or ``bfloat16``: autocast, weights and sums stay float32."""

    @property
    def memory_format(self) -> torch.memory_format:
        """Channels last goes with bfloat16: both CPUs and GPUs have their fast kernels there."""
        if self.precision == "bfloat16":
            return torch.channels_last
        return torch.contiguous_format

    @property
    def device_name(self) -> str:
        """The GPU's product name, or ``cpu``."""
        if self.device.type == "cuda":
            return torch.cuda.get_device_name(self.device)
        return self.device.type

    @property
    def threads(self) -> int:
        """Threads of one operation on the CPU; another number changes the order of sums."""
        return torch.get_num_threads()

    def place(self, network: nn.Module) -> None:
        """Move a network to the device, its weights in the memory format, in place."""
        network.to(self.device)
        network.to(memory_format=self.memory_format)

    def autocast(self) -> AbstractContextManager[None]:
        """The context that forward passes run in."""
        return torch.autocast(
            self.device.type, dtype=torch.bfloat16, enabled=self.precision == "bfloat16"
        )


def choose_compute(precision: str) -> Compute:
    """Set up torch for reproducible runs and choose the device.

    ``SEGBENCH_DEVICE`` (``cpu``, ``cuda``, ``cuda:1``) and ``SEGBENCH_THREADS`` override the
    choice. Turns deterministic algorithms on and TF32 off for the whole process.

    Args:
        precision: ``float32``, ``bfloat16``, or ``auto``: bfloat16 where the hardware multiplies
        it.

    Raises:
        UserError: if this machine lacks the device of ``SEGBENCH_DEVICE``, or ``SEGBENCH_THREADS``
            is not a number of threads.
    """
    device = _device(os.environ.get("SEGBENCH_DEVICE"))
    if threads := os.environ.get("SEGBENCH_THREADS"):
        torch.set_num_threads(_thread_count(threads))
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS is deterministic only so
    torch.use_deterministic_algorithms(True)
    # memory that no operation reads before writing need not be filled: 20 % of a step on a CPU
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    if precision == "auto":
        precision = "bfloat16" if _multiplies_bfloat16(device) else "float32"
    return Compute(device, precision)


def _thread_count(text: str) -> int:
    is_number = text.isascii() and text.isdecimal() and len(text) <= 4
    if not (is_number and 1 <= int(text) <= MAX_THREADS):
        raise UserError(
            f"SEGBENCH_THREADS={text[:20]}: not a whole number from 1 to {MAX_THREADS}. "
            "Unset it, or set it to the number of cores to use."
        )
    return int(text)


def _device(wanted: str | None) -> torch.device:
    if wanted is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wanted)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise UserError(
            f"SEGBENCH_DEVICE={wanted}: this machine cannot use it ({str(error).splitlines()[0]}). "
            "Unset it, or set it to cpu."
        ) from None
    return device


def _multiplies_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())

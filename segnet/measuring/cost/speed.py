"""How fast a network is: the time of forward passes, the same for every network."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from segnet.compute import Compute
from segnet.measuring.cost.multiply_adds import count_multiply_adds
from segnet.seeding import generator

WARM_UP_RUNS = 1
"""Not timed: the first pass chooses kernels, packs weights and allocates."""
SECONDS = 2.0
"""Passes are timed for at least so long,"""
MIN_RUNS = 3
"""and at least so often."""


@dataclass(frozen=True)
class Cost:
    """What a network costs; fields as in :class:`segnet.results.records.MeasureRecord`."""

    num_classes: int
    height: int
    width: int
    parameters: int
    multiply_adds: int
    latency_ms: float
    images_per_second: float
    batch_images: int
    peak_memory_mib: float | None


def measure(
    build: Callable[[], nn.Module],
    compute: Compute,
    *,
    num_classes: int,
    size: tuple[int, int],
    batch_images: int,
    clock: Callable[[], float] = time.perf_counter,
) -> Cost:
    """Build a network, count its parameters and multiply-adds, and time it at inference.

    A pass takes images in [0, 1] that lie on the device, to logits there; nothing is copied,
    resized or scored. Kernels are the deterministic ones that train and score, so a network may be
    faster elsewhere.

    Args:
        build: gives the network, with any weights.
        compute: device and precision.
        num_classes: channels of the logits.
        size: height and width of the images.
        batch_images: how many images pass at once where images per second are measured.
        clock: seconds.
    """
    multiply_adds = count_multiply_adds(build, *size)
    network = build().eval()
    memory = _GpuMemory(compute.device)
    compute.place(network)
    latency = fastest_seconds(network, _images(1, size, compute), compute, clock=clock)
    peak_memory_mib = memory.peak_mib()
    seconds = fastest_seconds(network, _images(batch_images, size, compute), compute, clock=clock)
    return Cost(
        num_classes=num_classes,
        height=size[0],
        width=size[1],
        parameters=sum(one.numel() for one in network.parameters()),
        multiply_adds=multiply_adds,
        latency_ms=1000 * latency,
        images_per_second=batch_images / seconds,
        batch_images=batch_images,
        peak_memory_mib=peak_memory_mib,
    )


def fastest_seconds(
    network: nn.Module,
    images: Float[Tensor, "b 3 h w"],
    compute: Compute,
    *,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """The fastest of many forward passes, after ``WARM_UP_RUNS`` that are not timed.

    Whatever else the machine does only adds time, on a shared one to many passes in a row: in eight
    processes one after the other the median of SegNet v1 was 70 to 107 ms, the minimum 68 to 81.
    Python's ``timeit`` advises the minimum for the same reason.
    """
    times: list[float] = []
    with torch.inference_mode(), compute.autocast():
        for _ in range(WARM_UP_RUNS):
            network(images)
        while len(times) < MIN_RUNS or sum(times) < SECONDS:
            _wait_for(compute.device)
            started = clock()
            network(images)
            _wait_for(compute.device)
            times.append(clock() - started)
    return min(times)


class _GpuMemory:
    """The most memory that torch allocates on a GPU from now on, beside what it has already.

    Kernels' scratch is part of it; the CUDA context and what the allocator keeps free are not. A
    CPU has no such count: the peak of the process is mostly torch itself, and pages that the
    process has already are used again, so its growth depends on what ran before.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
            self._before = torch.cuda.memory_allocated(device)

    def peak_mib(self) -> float | None:
        """None on a CPU."""
        if self._device.type != "cuda":
            return None
        return float(torch.cuda.max_memory_allocated(self._device) - self._before) / 2**20


def _images(count: int, size: tuple[int, int], compute: Compute) -> Float[Tensor, "b 3 h w"]:
    """Images of noise: no network is faster on them than on others."""
    images = torch.rand(count, 3, *size, generator=generator(0, "speed"))
    return images.to(compute.device, memory_format=compute.memory_format)


def _wait_for(device: torch.device) -> None:
    """A GPU answers before it has computed."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from segnet.compute import Compute
from segnet.measuring.cost import speed
from segnet.measuring.cost.speed import Cost, fastest_seconds, measure
from segnet.results.records import MeasureRecord

CPU = Compute(torch.device("cpu"), "float32")
IMAGES = torch.zeros(1, 3, 4, 5)


class Timer:
    """A clock that stands still but for what a network adds to it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Layer(nn.Conv2d):
    """A 1x1 convolution that takes ``seconds`` an image on the timer."""

    def __init__(self, timer: Timer, seconds: float) -> None:
        super().__init__(3, 3, 1)
        self.timer, self.seconds = timer, seconds

    def forward(self, images: Tensor) -> Tensor:
        self.timer.now += self.seconds * len(images)
        return super().forward(images)


class Paced(nn.Module):
    """Takes the next of ``seconds`` at each pass, the last one again and again."""

    def __init__(self, timer: Timer, *seconds: float) -> None:
        super().__init__()
        self.timer, self.seconds, self.passes = timer, list(seconds), 0

    def forward(self, images: Tensor) -> Tensor:
        self.timer.now += self.seconds[min(self.passes, len(self.seconds) - 1)]
        self.passes += 1
        assert not torch.is_grad_enabled()
        return images


def deep(timer: Timer, layers: int) -> Callable[[], nn.Module]:
    return lambda: nn.Sequential(*(Layer(timer, 0.02) for _ in range(layers)))


def cost(build: Callable[[], nn.Module], clock: Timer) -> Cost:
    return measure(build, CPU, num_classes=3, size=(4, 5), batch_images=2, clock=clock)


def test_twice_the_depth_costs_twice_the_time_parameters_and_products() -> None:
    timer = Timer()
    shallow, twice = cost(deep(timer, 2), timer), cost(deep(timer, 4), timer)
    assert shallow.latency_ms == pytest.approx(40)
    assert twice.latency_ms == pytest.approx(80)
    assert shallow.images_per_second == pytest.approx(25)
    assert twice.images_per_second == pytest.approx(12.5)
    assert (shallow.parameters, twice.parameters) == (2 * 12, 4 * 12)
    assert (shallow.multiply_adds, twice.multiply_adds) == (2 * 20 * 9, 4 * 20 * 9)


def test_the_first_pass_does_not_count_and_slow_ones_do_not_move_the_fastest() -> None:
    timer = Timer()
    network = Paced(timer, 0.05, 50, 50, 0.1)
    assert fastest_seconds(network, IMAGES, CPU, clock=timer) == pytest.approx(0.1)
    assert network.passes == 1 + 3


def test_fast_networks_are_timed_for_long_enough() -> None:
    timer = Timer()
    network = Paced(timer, 1 / 16)
    assert fastest_seconds(network, IMAGES, CPU, clock=timer) == 1 / 16
    assert network.passes == 1 + 32  # two seconds


def test_a_network_is_measured_as_it_predicts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batch norm over one pixel and one image raises while training."""
    monkeypatch.setattr(speed, "SECONDS", 0.0)

    def build() -> nn.Module:
        return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.BatchNorm2d(3))

    found = measure(build, CPU, num_classes=3, size=(4, 5), batch_images=1)
    assert found.latency_ms > 0
    assert found.images_per_second > 0
    assert found.peak_memory_mib is None


def test_a_record_has_every_figure_and_comes_back_as_written(tmp_path: Path) -> None:
    assert {one.name for one in fields(Cost)} <= set(MeasureRecord.model_fields)
    record = MeasureRecord(
        bench="demo",
        dataset="streets",
        model="unet",
        num_classes=11,
        height=72,
        width=96,
        parameters=1_234_567_890,
        multiply_adds=2**53 + 1,
        latency_ms=0.1,
        images_per_second=1 / 3,
        batch_images=8,
        peak_memory_mib=None,
        device="cpu",
        precision="float32",
        threads=2,
        date="2026-01-02T03:04:05+00:00",
        commit="0" * 40,
        platform="Linux x86_64",
        versions={"torch": "2"},
    )
    path = MeasureRecord.path("demo", "streets", "unet")
    assert path == Path("reports/demo/measure/streets-unet.json")
    record.write_file(tmp_path / path)
    assert MeasureRecord.read_file(tmp_path / path) == record

"""What the doctor finds without torch is what torch would choose."""

from __future__ import annotations

from pathlib import Path

import pytest

from segnet.bench import machine
from segnet.bench.machine import Device, find_device
from segnet.compute import choose_compute
from segnet.errors import UserError


@pytest.fixture(autouse=True)
def nothing_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEGBENCH_DEVICE", raising=False)
    monkeypatch.delenv("SEGBENCH_THREADS", raising=False)


@pytest.mark.parametrize("precision", ["auto", "float32", "bfloat16"])
def test_device_is_the_one_that_torch_chooses(precision: str) -> None:
    chosen = choose_compute(precision)
    expected = Device(chosen.device_name, chosen.precision, chosen.device.type != "cpu")
    assert find_device(precision) == expected


@pytest.mark.parametrize(
    ("flags", "precision"),
    [
        ("fpu avx2 avx512f avx512_bf16", "bfloat16"),
        ("fpu amx_bf16 amx_tile", "bfloat16"),
        ("fpu avx2 avx512f avx512_bf16_emulated", "float32"),
        (None, "float32"),
    ],
)
def test_processor_that_multiplies_bfloat16_uses_it(
    flags: str | None, precision: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["processor\t: 0", "bogomips\t: 5000", *([f"flags\t\t: {flags}"] if flags else [])]
    (tmp_path / "cpuinfo").write_text("\n".join(lines) + "\n")
    monkeypatch.setattr(machine.sys, "platform", "linux")
    monkeypatch.setattr(machine, "GPU_DRIVERS", ())
    monkeypatch.setattr(machine, "CPU_INFO", tmp_path / "cpuinfo")
    assert find_device("auto") == Device("cpu", precision, is_gpu=False)
    assert find_device("float32").precision == "float32"


def test_device_that_is_asked_for_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGBENCH_DEVICE", "cuda:99")
    with pytest.raises(UserError, match="SEGBENCH_DEVICE=cuda:99"):
        find_device("auto")


def test_torch_is_asked_where_a_driver_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def choose(precision: str) -> object:
        asked.append(precision)
        return choose_compute("float32")

    monkeypatch.setattr("segnet.compute.choose_compute", choose)
    monkeypatch.setattr(machine, "GPU_DRIVERS", (str(tmp_path),))
    find_device("auto")
    assert asked == ["auto"]

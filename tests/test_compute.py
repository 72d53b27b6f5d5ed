"""Device, precision and determinism, whatever this machine has."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import torch
from torch import nn

from segnet.compute import Compute, choose_compute
from segnet.errors import UserError

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting of the environment holds, and none that a test makes outlives it."""
    for name in ("SEGBENCH_DEVICE", "SEGBENCH_THREADS"):
        monkeypatch.delenv(name, raising=False)
    backends = torch.backends
    before = (
        torch.are_deterministic_algorithms_enabled(),
        backends.cudnn.benchmark,
        backends.cuda.matmul.allow_tf32,
        backends.cudnn.allow_tf32,
    )
    yield
    torch.use_deterministic_algorithms(before[0])
    backends.cudnn.benchmark = before[1]
    backends.cuda.matmul.allow_tf32 = before[2]
    backends.cudnn.allow_tf32 = before[3]


def have_gpu(monkeypatch: pytest.MonkeyPatch, *, bfloat16: bool) -> None:
    """A machine with a GPU, which multiplies bfloat16 or only emulates it."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)

    def supported(including_emulation: bool = True) -> bool:
        return bfloat16 or including_emulation

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)


def have_cpu(monkeypatch: pytest.MonkeyPatch, *, avx512: bool, amx: bool) -> None:
    """A machine without a GPU whose processor has these instructions for bfloat16."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)


@pytest.mark.parametrize("name", ["cuda:99", "gpu", "meta device"])
def test_a_device_that_is_not_here_is_an_error(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGBENCH_DEVICE", name)
    with pytest.raises(UserError, match=rf"SEGBENCH_DEVICE={name}: .* set it to cpu\."):
        choose_compute("float32")


def test_the_device_of_the_environment_comes_before_the_gpu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    have_gpu(monkeypatch, bfloat16=True)
    assert choose_compute("float32").device == torch.device("cuda")
    monkeypatch.setenv("SEGBENCH_DEVICE", "cpu")
    assert choose_compute("float32").device == CPU


def test_runs_are_deterministic_and_have_no_tf32(monkeypatch: pytest.MonkeyPatch) -> None:
    """TF32 keeps 10 bits of a factor's fraction: products would then change with the GPU."""
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    torch.use_deterministic_algorithms(False)
    torch.backends.cudnn.benchmark = True
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    choose_compute("float32")
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.backends.cudnn.benchmark
    assert not torch.backends.cuda.matmul.allow_tf32
    assert not torch.backends.cudnn.allow_tf32
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"


@pytest.mark.parametrize(
    ("avx512", "amx", "expected"),
    [
        (False, False, "float32"),
        (True, False, "bfloat16"),
        (False, True, "bfloat16"),
        (True, True, "bfloat16"),
    ],
)
def test_automatic_precision_is_what_the_processor_multiplies(
    avx512: bool, amx: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    have_cpu(monkeypatch, avx512=avx512, amx=amx)
    assert choose_compute("auto") == Compute(CPU, expected)


@pytest.mark.parametrize(("bfloat16", "expected"), [(True, "bfloat16"), (False, "float32")])
def test_automatic_precision_asks_the_gpu_where_there_is_one(
    bfloat16: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    have_cpu(monkeypatch, avx512=not bfloat16, amx=not bfloat16)
    have_gpu(monkeypatch, bfloat16=bfloat16)
    assert choose_compute("auto").precision == expected


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_precision_that_is_asked_for_holds_on_any_processor(
    precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for has_it in (True, False):
        have_cpu(monkeypatch, avx512=has_it, amx=has_it)
        assert choose_compute(precision).precision == precision


@pytest.mark.parametrize(
    ("precision", "memory_format"),
    [("float32", torch.contiguous_format), ("bfloat16", torch.channels_last)],
)
def test_products_and_memory_follow_the_precision_and_weights_stay_float32(
    precision: str, memory_format: torch.memory_format
) -> None:
    compute = Compute(CPU, precision)
    network = nn.Conv2d(3, 4, 3)
    compute.place(network)
    assert network.weight.is_contiguous(memory_format=memory_format)
    with compute.autocast():
        assert network(torch.ones(1, 3, 5, 5)).dtype == getattr(torch, precision)
    assert network.weight.dtype == torch.float32
    assert (compute.memory_format, compute.device_name) == (memory_format, "cpu")

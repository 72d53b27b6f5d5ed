"""``SEGBENCH_THREADS``: a number of threads, or a message."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from segnet.compute import choose_compute
from segnet.errors import UserError


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_threads_are_those_that_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGBENCH_THREADS", "3")
    assert choose_compute("float32").threads == 3


@pytest.mark.parametrize("text", ["abc", "0", "-1", "1.5", "99999", "2 ", "²", "9" * 5000])
def test_anything_else_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGBENCH_THREADS", text)
    with pytest.raises(UserError, match=r"SEGBENCH_THREADS=.*1 to 1024\. Unset it"):
        choose_compute("float32")

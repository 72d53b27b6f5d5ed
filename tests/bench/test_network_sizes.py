from __future__ import annotations

import json
from pathlib import Path

import pytest

from segnet.bench.network_sizes import COUNTED, count_size, network_sizes
from segnet.models import MODELS

COMMITTED = json.loads(COUNTED.read_text())


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(COMMITTED))
def test_committed_size_is_what_is_counted_now(name: str) -> None:
    assert network_sizes([name]) == {name: count_size(name)}, (
        "the network has changed: run `python -m segnet.bench.network_sizes`"
    )


def test_no_size_outlives_its_network() -> None:
    assert set(COMMITTED) <= set(MODELS)


def test_network_that_is_not_committed_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "none.json").write_text("{}")
    monkeypatch.setattr("segnet.bench.network_sizes.COUNTED", tmp_path / "none.json")
    # 49 (3 64 + 7 64 64) weights, 8 (64 + 64) of batch norm, 64 11 + 11 of the classifier
    assert network_sizes(["segnet_basic"])["segnet_basic"].parameters == 1_416_075

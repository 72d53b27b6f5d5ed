from __future__ import annotations

from pathlib import Path

import pytest
from fake_project import write_params, write_prepared

from pipelines import measure
from segnet.errors import UserError
from segnet.measuring.cost import speed
from segnet.models.building import build_model
from segnet.results.records import MeasureRecord


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(speed, "SECONDS", 0.0)
    write_params(tmp_path, {"models.segnet_v1": {"dropout": 0.5}})


def test_the_stage_leaves_the_cost_of_the_network_of_the_bench() -> None:
    write_prepared()
    measure.main("streets", "segnet_v1")
    record = MeasureRecord.read_file(Path("reports/demo/measure/streets-segnet_v1.json"))
    network = build_model("segnet_v1", num_classes=11, width=0.125, options={}, seed=3)
    assert record.parameters == sum(one.numel() for one in network.parameters())
    assert (record.height, record.width, record.num_classes) == (24, 32, 11)
    assert (record.bench, record.dataset, record.model) == ("demo", "streets", "segnet_v1")
    assert record.latency_ms > 0
    assert record.images_per_second > 0
    assert record.batch_images == measure.BATCH_IMAGES["cpu"]
    assert record.threads > 0
    assert record.precision == "float32"
    assert "torch" in record.versions


def test_data_that_are_not_prepared_are_an_error() -> None:
    with pytest.raises(UserError, match=r"dataset\.json does not exist\. Run `dvc repro`"):
        measure.main("streets", "segnet_v1")

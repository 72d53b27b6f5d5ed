"""The data sets by name. Their module docstrings are their data sheets."""

from __future__ import annotations

from segnet.datasets.camvid import CAMVID
from segnet.datasets.definition import DatasetDefinition, read_options
from segnet.datasets.streets import STREETS

__all__ = ["DATASETS", "DatasetDefinition", "read_options"]

DATASETS: dict[str, DatasetDefinition] = {
    "camvid": CAMVID,
    "streets": STREETS,
}

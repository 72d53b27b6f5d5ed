"""The data sets by name. Their module docstrings are their data sheets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segnet.datasets.camvid import CAMVID
from segnet.datasets.camvid32 import CAMVID32
from segnet.datasets.clothing import CLOTHING
from segnet.datasets.custom import CUSTOM
from segnet.datasets.definition import DatasetDefinition, DatasetFamily, define
from segnet.datasets.streets import STREETS
from segnet.datasets.sunrgbd import SUNRGBD
from segnet.datasets.voc import VOC
from segnet.errors import lookup

__all__ = ["DATASETS", "DatasetDefinition", "define_dataset"]

DATASETS: dict[str, DatasetFamily] = {
    "camvid": CAMVID,
    "custom": CUSTOM,
    "camvid32": CAMVID32,
    "clothing": CLOTHING,
    "streets": STREETS,
    "sunrgbd": SUNRGBD,
    "voc": VOC,
}


def define_dataset(name: str, blocks: Mapping[str, Mapping[str, Any]]) -> DatasetDefinition:
    """The data set ``name`` with its options.

    Args:
        name: a key of ``DATASETS``.
        blocks: the block ``datasets`` of ``params.yaml``.

    Raises:
        UserError: for a name that is not known or has no block, or on a wrong option.
    """
    family = lookup(DATASETS, name, what="data set")
    return define(name, family, lookup(blocks, name, what="data set of params.yaml"))

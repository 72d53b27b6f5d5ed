"""The data sets by name. Their module docstrings are their data sheets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segnet.datasets.definition import DatasetDefinition, DatasetFamily, define
from segnet.errors import lookup
from segnet.schema import Registry

DATASETS: Registry[DatasetFamily] = Registry(
    "segnet.datasets",
    {
        "camvid": "CAMVID",
        "custom": "CUSTOM",
        "camvid32": "CAMVID32",
        "clothing": "CLOTHING",
        "streets": "STREETS",
        "sunrgbd": "SUNRGBD",
        "voc": "VOC",
    },
)


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

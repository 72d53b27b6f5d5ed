"""The masks of the Semantic Boundaries Dataset: ``cls/ID.mat``, struct ``GTcls``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from segnet.datasets.preparing.matlab import read_matrix
from segnet.errors import UserError


def read_sbd_labels(path: Path) -> UInt8[np.ndarray, "h w"]:
    """The labels of ``GTcls.Segmentation``, as stored: 0 is background, there is no void.

    Raises:
        UserError: if the file is missing or damaged, or holds no such labels.
    """
    content = read_matrix(path, "GTcls")
    try:
        labels = content["Segmentation"][0, 0]
    except (ValueError, IndexError) as error:  # no such field; no struct, or an empty one
        raise UserError(
            f"{path} has no GTcls.Segmentation ({error}). Delete it and fetch again."
        ) from None
    if labels.ndim != 2 or labels.dtype.kind not in "ui" or labels.max(initial=0) > 255:
        raise UserError(
            f"{path}: GTcls.Segmentation is {labels.shape} {labels.dtype} up to "
            f"{labels.max(initial=0)}, not (h, w) integers up to 255. Delete it and fetch again."
        )
    return np.ascontiguousarray(labels, np.uint8)

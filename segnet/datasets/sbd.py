"""The masks of the Semantic Boundaries Dataset: ``cls/ID.mat``, struct ``GTcls``."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from segnet.errors import UserError

DAMAGE = (MatReadError, OSError, ValueError, TypeError, LookupError, NotImplementedError)


def read_sbd_labels(path: Path) -> UInt8[np.ndarray, "h w"]:
    """The labels of ``GTcls.Segmentation``, as stored: 0 is background, there is no void.

    Raises:
        UserError: if the file is missing or damaged, or holds no such labels.
    """
    try:
        labels = loadmat(path, variable_names=["GTcls"])["GTcls"]["Segmentation"][0, 0]
    except FileNotFoundError:
        raise UserError(f"{path} does not exist. Fetch the data set again.") from None
    except (*DAMAGE, zlib.error) as error:  # SciPy raises all of these on damaged files
        raise UserError(
            f"{path} has no GTcls.Segmentation ({error}). Delete it and fetch again."
        ) from None
    if labels.ndim != 2 or labels.dtype.kind not in "ui" or labels.max(initial=0) > 255:
        raise UserError(
            f"{path}: GTcls.Segmentation is {labels.shape} {labels.dtype} up to "
            f"{labels.max(initial=0)}, not (h, w) integers up to 255. Delete it and fetch again."
        )
    return np.ascontiguousarray(labels, np.uint8)

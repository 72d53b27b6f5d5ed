"""Matrices of MATLAB files; a file that cannot be read is named."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np

from segnet.errors import UserError


def read_matrix(path: Path, variable: str) -> np.ndarray:
    """One variable of a ``.mat`` file of format 4 to 7, in C order.

    Raises:
        UserError: if the file is missing, damaged or of another format, or lacks the variable.
    """
    from scipy.io import loadmat  # most of a second, which `segbench list` need not wait for
    from scipy.io.matlab import MatReadError

    # What scipy raises on damaged data; NotImplementedError on the HDF5 of format 7.3.
    damage = (MatReadError, OSError, ValueError, TypeError, LookupError, NotImplementedError)
    try:
        content = loadmat(path, variable_names=[variable], appendmat=False)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist. Fetch the data set again.") from None
    except (*damage, zlib.error) as error:
        raise UserError(f"{path} cannot be read ({error}). Delete it and fetch again.") from None
    if variable not in content:
        raise UserError(f"{path} has no variable '{variable}'. Delete it and fetch again.")
    return np.ascontiguousarray(content[variable])

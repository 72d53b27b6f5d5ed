"""The ``.npz`` files of a cell: counts, boundaries, predictions. Whole or not there. No torch."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from segnet.atomic import write_arrays
from segnet.errors import UserError

COUNTS_FILE = "counts.npz"
BOUNDARY_FILE = "boundary.npz"
PREDICTIONS_FILE = "predictions.npz"


def write_small(path: Path, arrays: Iterable[tuple[str, Any]]) -> None:
    """Write arrays of booleans and counts, in the smallest unsigned integers that hold them."""
    small = {
        name: one if one.dtype == bool else one.astype(np.min_scalar_type(one.max(initial=0)))
        for name, one in arrays
    }
    write_arrays(path, small)


def read_arrays(path: Path, checkpoint: str, names: Sequence[str]) -> list[Any]:
    """Arrays of a file by name, in order.

    Args:
        path: a file of :func:`write_small`.
        checkpoint: whose arrays the names are, for the message if there are none.
        names: of the arrays.

    Raises:
        UserError: if the file is missing, damaged, or has no such array.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return [stored[name] for name in names]
    except FileNotFoundError:
        raise UserError(f"{path} does not exist: this cell has not run. Run `dvc repro`.") from None
    except KeyError:
        raise UserError(
            f"{path} has no counts of checkpoint '{checkpoint}'. Delete it and run `dvc repro`."
        ) from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"{path} is damaged ({error}). Delete it and run `dvc repro`.") from None

"""The file ``boundary.npz`` of a cell: per-image boundary counts. No torch."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from segnet.errors import UserError
from segnet.results.records import Checkpoint
from segnet.scoring.boundary.scores import BandOverlap, BoundaryMatches, boundary_f1, boundary_iou

BOUNDARY_FILE = "boundary.npz"


class Boundaries(NamedTuple):
    """All boundary counts of one checkpoint on the test images."""

    matches: BoundaryMatches
    """Void boundaries left out."""
    matches_with_void: BoundaryMatches
    """Void boundaries kept, as the released script does."""
    overlap: BandOverlap

    def scores(self) -> dict[str, float]:
        """The boundary fields of :class:`segnet.results.records.Scores`."""
        return {
            "boundary_f1": boundary_f1(self.matches),
            "boundary_f1_script": boundary_f1(self.matches_with_void, rule="either"),
            "boundary_iou": float(
                boundary_iou(self.overlap.intersection.sum(0), self.overlap.union.sum(0))
            ),
        }


def write_boundaries(folder: Path, boundaries: Mapping[Checkpoint, Boundaries]) -> None:
    """Write ``boundary.npz``, whole or not at all, in the smallest integers that hold it."""
    arrays: dict[str, Any] = {}
    for checkpoint, one in boundaries.items():
        for part, counts in one._asdict().items():
            for name, array in counts._asdict().items():
                small = array.astype(np.min_scalar_type(array.max(initial=0)))
                arrays[f"{checkpoint}.{part}.{name}"] = array if array.dtype == bool else small
    folder.mkdir(parents=True, exist_ok=True)
    scratch = folder / f".{os.getpid()}.{BOUNDARY_FILE}"  # numpy wants the suffix .npz
    try:
        np.savez_compressed(scratch, allow_pickle=False, **arrays)
        scratch.replace(folder / BOUNDARY_FILE)
    finally:
        scratch.unlink(missing_ok=True)


def read_boundaries(folder: Path, checkpoint: Checkpoint) -> Boundaries:
    """The per-image boundary counts of one checkpoint of a cell.

    Raises:
        UserError: if the file is missing, damaged, or has no such checkpoint.
    """
    path = folder / BOUNDARY_FILE
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:

            def part(name: str, fields: tuple[str, ...]) -> list[Any]:
                arrays = (stored[f"{checkpoint}.{name}.{field}"] for field in fields)
                return [one if one.dtype == bool else one.astype(np.int64) for one in arrays]

            return Boundaries(
                BoundaryMatches(*part("matches", BoundaryMatches._fields)),
                BoundaryMatches(*part("matches_with_void", BoundaryMatches._fields)),
                BandOverlap(*part("overlap", BandOverlap._fields)),
            )
    except FileNotFoundError:
        raise UserError(f"{path} does not exist: this cell has not run. Run `dvc repro`.") from None
    except KeyError:
        raise UserError(
            f"{path} has no counts of checkpoint '{checkpoint}'. Delete it and run `dvc repro`."
        ) from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"{path} is damaged ({error}). Delete it and run `dvc repro`.") from None

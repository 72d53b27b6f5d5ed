"""The file ``boundary.npz`` of a cell: per-image boundary counts. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from segnet.results.array_files import BOUNDARY_FILE, read_arrays, write_small
from segnet.results.records import Checkpoint
from segnet.scoring.boundary.scores import BandOverlap, BoundaryMatches, boundary_f1, boundary_iou


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
    arrays = (
        (f"{checkpoint}.{part}.{name}", array)
        for checkpoint, one in boundaries.items()
        for part, counts in one._asdict().items()
        for name, array in counts._asdict().items()
    )
    write_small(folder / BOUNDARY_FILE, arrays)


def read_boundaries(folder: Path, checkpoint: Checkpoint) -> Boundaries:
    """The per-image boundary counts of one checkpoint of a cell.

    Raises:
        UserError: if the file is missing, damaged, or has no such checkpoint.
    """

    def part(name: str, fields: tuple[str, ...]) -> list[Any]:
        names = [f"{checkpoint}.{name}.{field}" for field in fields]
        arrays = read_arrays(folder / BOUNDARY_FILE, checkpoint, names)
        return [one if one.dtype == bool else one.astype(np.int64) for one in arrays]

    return Boundaries(
        BoundaryMatches(*part("matches", BoundaryMatches._fields)),
        BoundaryMatches(*part("matches_with_void", BoundaryMatches._fields)),
        BandOverlap(*part("overlap", BandOverlap._fields)),
    )

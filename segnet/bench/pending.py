"""Which cells of a bench a run would do, as files and settings tell, and how long they take."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import mean
from typing import NamedTuple

from segnet.grid import Bench, Cell
from segnet.paths import cell_run_folder
from segnet.results.cells import CellResult, Results

NOT_EVALUATED = "not evaluated"
WEIGHTS = ("selected.safetensors", "last.safetensors")


class Pending(NamedTuple):
    """A cell that would run."""

    cell: Cell
    reason: str
    minutes: float
    """Of its training, by the records of the bench; NaN where nothing was trained yet."""


def pending_cells(results: Results) -> list[Pending]:
    """The cells without results, with other settings, or whose weights are not on this machine.

    Edited code is not looked at, nor whether DVC's cache has the weights: ``dvc status`` does both,
    in seconds.
    """
    trained = [one for one in results.cells if not one.is_blind]
    return [
        Pending(
            one.cell,
            reason,
            0.0 if reason == NOT_EVALUATED else _minutes(one, trained, results.bench),
        )
        for one in trained
        if (reason := _why(one))
    ]


def _why(one: CellResult) -> str:
    if one.train is None:
        return "not trained"
    if one.outdated:
        return f"{', '.join(sorted(one.outdated))} changed"
    folder = cell_run_folder(one.cell.bench, one.cell.slug)
    here = all((folder / name).exists() for name in WEIGHTS)
    if not here:
        return "weights not on this machine"
    return "" if one.status == "done" else NOT_EVALUATED


def _minutes(one: CellResult, trained: Sequence[CellResult], bench: Bench) -> float:
    """What the training of the cell takes: as last time, else as others of its model, or as any."""
    same_model = [other for other in trained if other.cell.model == one.cell.model]
    for alike in ([one], same_model, trained):
        records = [other.train for other in alike if other.train is not None]
        if records:
            an_epoch = mean(record.train_seconds / record.total_epochs for record in records)
            return an_epoch * bench.total_epochs / 60
    return math.nan


def in_minutes(minutes: float) -> str:
    """``about 3 minutes``, or hours; nothing where it is not known."""
    if math.isnan(minutes):
        return ""
    if minutes >= 90:
        return f"about {minutes / 60:.0f} hours"
    return "about a minute" if minutes < 1.5 else f"about {minutes:.0f} minutes"

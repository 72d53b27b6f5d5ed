"""A bench trained several times, with further seeds or other arithmetic. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from segnet.errors import UserError
from segnet.grid import BLIND_PREDICTORS, Cell
from segnet.paths import cell_report_folder
from segnet.results.records import EvaluationRecord, TrainRecord
from segnet.results.spread import Spread, pooled_spread


class Training(NamedTuple):
    """How a cell was trained and what it scored."""

    settings: dict[str, Any]
    """The resolved configuration without the cell: the same for all seeds."""
    miou: float
    """Of the selected checkpoint on test."""


class Spreads(NamedTuple):
    """What scatters scores."""

    seeds: Spread
    arithmetic: Spread


def read_trainings(bench: str, project: Path = Path()) -> dict[Cell, Training]:
    """Every cell of a bench that was trained in a project, also those that it no longer names.

    Raises:
        UserError: if there is none, or a record is broken.
    """
    folder = project / cell_report_folder(bench, "*").parent
    found = {}
    for path in sorted(folder.glob(f"*/{EvaluationRecord.FILE_NAME}")):
        evaluation = EvaluationRecord.read(path.parent)
        if evaluation.cell.model not in BLIND_PREDICTORS:
            config = TrainRecord.read(path.parent).config
            settings = {key: value for key, value in config.items() if key != "cell"}
            found[evaluation.cell] = Training(settings, evaluation.of("selected").scores.miou)
    if not found:
        raise UserError(f"{folder} has no trained cell. Run `dvc repro` in {project.resolve()}.")
    return found


def spreads(trained: Mapping[str, Mapping[Cell, Training]]) -> Spreads:
    """What scatters the cells of a bench that was trained in several ways.

    The spread over seeds takes each cell once, as it was trained first: with other arithmetic it is
    no other sample of seeds.

    Args:
        trained: by what is other about the arithmetic, in words; the first is the usual way.

    Raises:
        UserError: if cells that differ in their seed alone were trained with other parameters.
    """
    by_cell: dict[Cell, list[float]] = {}
    by_group: dict[tuple[str, str, str], list[float]] = {}
    settings: dict[tuple[str, str, str], dict[str, Any]] = {}
    for way, cells in trained.items():
        for cell, training in cells.items():
            group = (cell.dataset, cell.model, cell.loss)
            if settings.setdefault(group, training.settings) != training.settings:
                raise UserError(
                    f"{cell.slug} was trained with other parameters in '{way}'. Give that project "
                    "this params.yaml and train it anew."
                )
            if cell not in by_cell:
                by_group.setdefault(group, []).append(training.miou)
            by_cell.setdefault(cell, []).append(training.miou)
    repeated = sum(len(scores) > 1 for scores in by_cell.values())
    return Spreads(
        pooled_spread(by_group.values(), f"{len(by_group)} groups, {len(by_cell)} trainings"),
        pooled_spread(by_cell.values(), f"{repeated} cells: {'; '.join(trained)}"),
    )

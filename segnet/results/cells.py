"""What a bench has left in ``reports/``: its cells, done or not. Imports nothing heavy, no torch.

Only the cells that the bench names are read; a removed model's records may lie beside them unread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from segnet.errors import UserError, unknown
from segnet.grid import BLIND_PREDICTORS, Bench, Cell
from segnet.paths import REPORTS, cell_report_folder, report_folder
from segnet.results.outdated import changed_settings
from segnet.results.records import (
    BenchRecord,
    Checkpoint,
    DataFacts,
    Evaluation,
    EvaluationRecord,
    Provenance,
    TrainRecord,
)

Status = Literal["done", "not evaluated", "missing"]
R = TypeVar("R", TrainRecord, EvaluationRecord)
Settings = Callable[[Bench, Cell], Mapping[str, Any]]
"""What a cell of a bench would be trained with now, as ``TrainRecord.config`` has it."""


@dataclass(frozen=True)
class CellResult:
    """A cell and what it has left so far."""

    cell: Cell
    status: Status
    reason: str
    """Why the cell is not done, with the file that was looked for; empty if it is."""
    train: TrainRecord | None
    """None for a blind predictor, which trains nothing, and for a cell not trained yet."""
    evaluation: EvaluationRecord | None
    outdated: tuple[str, ...] = ()
    """The settings that it was trained with and that are others now, such as
    ``recipe.optimizer.learning_rate``."""

    @property
    def folder(self) -> Path:
        """Where its records lie."""
        return cell_report_folder(self.cell.bench, self.cell.slug)

    @property
    def provenance(self) -> Provenance | None:
        """Where its weights come from; of a blind predictor, which has none, its scores."""
        record = self.train or self.evaluation
        return record.provenance if record else None

    @property
    def is_blind(self) -> bool:
        """Whether the cell never sees an image."""
        return self.cell.model in BLIND_PREDICTORS

    def score_of(self, checkpoint: Checkpoint) -> Evaluation | None:
        """One checkpoint's evaluation, or None: blind predictors have no ``last``."""
        evaluations = self.evaluation.evaluations if self.evaluation else ()
        return next((one for one in evaluations if one.checkpoint == checkpoint), None)


@dataclass(frozen=True)
class Results:
    """All cells of a bench, blind predictors first, then in the order of its axes."""

    bench: Bench
    cells: tuple[CellResult, ...]
    data: Mapping[str, DataFacts]
    """Facts of each data set of the bench."""

    def of_dataset(self, dataset: str) -> tuple[CellResult, ...]:
        """The cells of one data set."""
        return tuple(one for one in self.cells if one.cell.dataset == dataset)


def cells_of(bench: Bench) -> tuple[Cell, ...]:
    """Every cell of a bench, blind predictors first."""
    return bench.blind_cells() + bench.cells()


def of_bench_alone(bench: Bench, cell: Cell) -> dict[str, Any]:
    """The settings that stand in the block ``bench``; nothing is known of recipe and options."""
    return {"bench": bench.model_dump(mode="json")}


def load_results(
    bench: Bench, data: Mapping[str, DataFacts], settings: Settings = of_bench_alone
) -> Results:
    """Read the records of the cells that ``bench`` names.

    A record that is missing, broken, of another schema or of another cell is a status and a reason:
    it hides no other.

    Args:
        bench: the grid of cells.
        data: facts of each data set of the bench.
        settings: what each cell would be trained with now.
    """
    cells = tuple(_read_cell(cell, bench, settings) for cell in cells_of(bench))
    return Results(bench=bench, cells=cells, data=data)


def load_bench(name: str, settings: Settings = of_bench_alone) -> Results:
    """Read a bench that stands in ``reports/``, whatever bench ``params.yaml`` describes now.

    Raises:
        UserError: if there is no such bench, or its ``bench.json`` is broken.
    """
    if name not in (known := reported_benches()):
        if known:
            raise unknown("bench", name, known)
        raise UserError(f"{report_folder(name)} holds no report. Run `dvc repro` first.")
    record = BenchRecord.read(report_folder(name))
    return load_results(record.bench, record.data, settings)


def reported_benches() -> tuple[str, ...]:
    """The names of the benches that have a report, sorted."""
    return tuple(sorted(path.parent.name for path in REPORTS.glob(f"*/{BenchRecord.FILE_NAME}")))


def _read_cell(cell: Cell, bench: Bench, settings: Settings) -> CellResult:
    folder = cell_report_folder(cell.bench, cell.slug)
    is_blind = cell.model in BLIND_PREDICTORS
    train = None
    outdated: tuple[str, ...] = ()
    if not is_blind:
        try:
            train = _read(TrainRecord, folder, cell)
        except UserError as error:
            return CellResult(cell, "missing", f"not trained: {error}", None, None)
        outdated = tuple(changed_settings(train.config, settings(bench, cell)))
    try:
        evaluation = _read(EvaluationRecord, folder, cell)
        if other := _other_weights(train, evaluation):
            file = folder / EvaluationRecord.FILE_NAME
            raise UserError(f"{file} is of other weights ({other})")
    except UserError as error:
        status: Status = "missing" if is_blind else "not evaluated"
        return CellResult(cell, status, f"not evaluated: {error}", train, None, outdated)
    return CellResult(cell, "done", "", train, evaluation, outdated)


def _other_weights(train: TrainRecord | None, evaluation: EvaluationRecord) -> str:
    """The checkpoints whose scores are not of the weights that were trained last, if any.

    An older training does not name its weights; then there is nothing to compare.
    """
    trained = train.weights_sha256 if train else {}
    return ", ".join(
        one.checkpoint
        for one in evaluation.evaluations
        if trained and trained.get(one.checkpoint) != one.weights_sha256
    )


def _read(kind: type[R], folder: Path, cell: Cell) -> R:
    """The record of a cell.

    Raises:
        UserError: if there is none, or it is broken or of another cell.
    """
    record = kind.find(folder)
    if record is None:
        raise UserError(f"no {folder / kind.FILE_NAME}")
    if record.cell != cell:
        raise UserError(
            f"{folder / kind.FILE_NAME} is of the cell {record.cell.bench}/{record.cell.slug}, "
            f"not of {cell.bench}/{cell.slug}. Delete it and run `dvc repro`."
        )
    return record

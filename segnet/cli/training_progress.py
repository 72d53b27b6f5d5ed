"""What a person sees while a network trains: a live bar in a terminal, plain lines elsewhere.

Who watches from another terminal (``segbench doctor``, an engine) reads the cell's status file.
"""

from __future__ import annotations

import math
import sys
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from segnet.engines.status import CellStatus, write_status
from segnet.grid import Cell
from segnet.training.progress import EpochRow


class TrainingProgress:
    """Shows epoch, loss, validation mIoU, images/s and time left, on stderr.

    Args:
        title: which run this is.
        total_epochs: how many epochs the run has.
        steps_per_epoch: batches in one epoch.
        cell: whose status file is written; None: none.
    """

    def __init__(
        self, title: str, *, total_epochs: int, steps_per_epoch: int, cell: Cell | None = None
    ) -> None:
        self._title = title
        self._cell = cell
        self._total_epochs = total_epochs
        self._steps_per_epoch = steps_per_epoch
        self._epoch = 0
        self._bar: Progress | None = None
        if sys.stderr.isatty():
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[scores]}"),
                TimeRemainingColumn(elapsed_when_finished=True),
                console=Console(stderr=True),
            )
            self._task = self._bar.add_task(title, total=total_epochs * steps_per_epoch, scores="")

    def __enter__(self) -> TrainingProgress:
        """Start the bar."""
        self._tell(CellStatus("running", total_epochs=self._total_epochs))
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the bar."""
        if error is not None:
            self._tell(CellStatus("stopped", reason=str(error)))
        if self._bar is not None:
            self._bar.stop()

    def on_step(self, steps_done: int) -> None:
        """Move the bar to a batch of the current epoch."""
        if self._bar is not None:
            self._bar.update(self._task, completed=self._epoch * self._steps_per_epoch + steps_done)

    def on_epoch(self, row: EpochRow) -> None:
        """Show an epoch's scores."""
        self._epoch = row.epoch
        scores = f"loss {row.train_loss:.3f}  {row.images_per_second:.1f} images/s"
        if not math.isnan(row.val_miou):
            scores = f"val mIoU {row.val_miou:.3f}  {scores}"
        left = row.seconds * (self._total_epochs - row.epoch)
        self._tell(CellStatus("running", row.epoch, self._total_epochs, left))
        if self._bar is not None:
            self._bar.update(self._task, completed=row.epoch * self._steps_per_epoch, scores=scores)
            return
        line = f"{self._title}  epoch {row.epoch}/{self._total_epochs}  {scores}  {left:.0f} s left"
        print(line, file=sys.stderr, flush=True)

    def _tell(self, status: CellStatus) -> None:
        if self._cell is not None:
            write_status(self._cell.bench, self._cell.slug, status)

"""A run in MLflow that grows while its cell trains. Its failure never changes the training."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from segnet.errors import UserError
from segnet.grid import Cell
from segnet.results.provenance import git_commit
from segnet.tracking.experiments import open_cells_experiment
from segnet.tracking.location import StoreError, store_lock
from segnet.tracking.projection import (
    HISTORY_METRICS,
    STATUS_TAG,
    Progress,
    epoch_points,
    now_ms,
    run_key,
    run_name,
    run_params,
    run_tags,
)
from segnet.tracking.store import RunStatus, Store, open_store

LOCK_SECONDS = 30.0


class LiveRun:
    """Writes epochs to one run; does nothing from the first failure on, or if there is no run."""

    def __init__(self, connect: Callable[[], tuple[Store, str]] | None) -> None:
        self._store: Store | None = None
        self._logged: set[tuple[str, int]] = set()
        if connect is None:
            return
        try:
            self._store, self._run_id = connect()
            for name in HISTORY_METRICS.values():
                self._logged |= {(name, step) for step in self._store.history(self._run_id, name)}
        except StoreError as error:
            self._give_up(error)

    def log_epoch(self, row: Mapping[str, int | float | None]) -> None:
        """Add a line of ``history.csv``; values of a step that is there already are left out.

        Args:
            row: values by column name; NaN and None are left out, unknown columns too.
        """
        points = [
            point
            for point in epoch_points(row, time_ms=now_ms())
            if (point.name, point.step) not in self._logged
        ]
        if self._store is None or not points:
            return
        try:
            self._store.log(self._run_id, points=points)
        except StoreError as error:
            self._give_up(error)
        self._logged |= {(point.name, point.step) for point in points}

    def finish(self, status: RunStatus, progress: Progress) -> None:
        """Close the run."""
        if self._store is None:
            return
        try:
            self._store.log(self._run_id, tags={STATUS_TAG: progress})
            self._store.finish(self._run_id, status)
        except StoreError as error:
            self._give_up(error)

    def _give_up(self, error: StoreError) -> None:
        """Say what failed, and do nothing more: a store that fails may stall every epoch."""
        self._store = None
        print(
            f"tracking is off for this run: {error}\n"
            "The training is not affected; `segbench sync` makes up for it later.",
            file=sys.stderr,
        )


def tracking_is_on() -> bool:
    """Whether ``SEGBENCH_TRACKING`` allows MLflow; it does unless it is ``off``.

    Raises:
        UserError: if the variable is neither ``on`` nor ``off``.
    """
    value = os.environ.get("SEGBENCH_TRACKING", "on")
    if value not in ("on", "off"):
        raise UserError(f"environment: SEGBENCH_TRACKING is '{value}'. Set it to 'on' or 'off'.")
    return value == "on"


@contextmanager
def live_run(
    cell: Cell, resolved: Mapping[str, Any], digest: str, *, total_epochs: int
) -> Iterator[LiveRun]:
    """A run that is RUNNING inside the ``with`` block, then FINISHED, FAILED or KILLED (Ctrl-C).

    A training that resumes, or is repeated with the same configuration, goes on with its run.

    Args:
        cell: what is trained.
        resolved: its resolved configuration (``Config.resolved``).
        digest: ``config_digest`` of it.
        total_epochs: how many epochs the training has when it is over.
    """
    connect = partial(_open_run, cell, resolved, digest, total_epochs=total_epochs)
    run = LiveRun(connect if tracking_is_on() else None)
    try:
        yield run
    except KeyboardInterrupt:
        run.finish("KILLED", "killed")
        raise
    except BaseException:
        run.finish("FAILED", "failed")
        raise
    run.finish("FINISHED", "trained")


def _open_run(
    cell: Cell, resolved: Mapping[str, Any], digest: str, *, total_epochs: int
) -> tuple[Store, str]:
    """The store and the id of the cell's run in it, found by its key or new."""
    store = open_store(timeout_seconds=LOCK_SECONDS)
    with store_lock(timeout_seconds=LOCK_SECONDS):
        experiment = open_cells_experiment(store, cell.bench, cell.dataset)
        tags = run_tags(cell, digest, commit=git_commit(), status="training")
        found = store.runs(experiment, key=run_key(cell, digest))
        if found:
            run_id = found[0].id
            store.set_running(run_id)
        else:
            run_id = store.create(experiment, run_name(cell), tags=tags)
        params = run_params(cell, resolved, total_epochs=total_epochs)
        store.log(run_id, params=params, tags=tags)
    return store, run_id

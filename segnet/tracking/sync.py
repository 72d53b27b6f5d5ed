"""Bring MLflow up to date with the records of a bench."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from segnet.paths import report_folder
from segnet.results.cells import Results
from segnet.tracking.experiments import (
    open_cells_experiment,
    open_comparison_experiment,
)
from segnet.tracking.location import store_lock
from segnet.tracking.notes import report_note
from segnet.tracking.projection import (
    DIGEST_TAG,
    HISTORY_METRICS,
    KEY_TAG,
    STATUS_TAG,
    RunView,
    digest_of,
    is_recorded,
    now_ms,
    view_of,
)
from segnet.tracking.store import NOTE_TAG, Point, Store, StoredRun, open_store

Outcome = Literal["created", "updated", "unchanged"]
LOCK_SECONDS = 120.0
REPORT_FILES = ("index.md", "index.html", "results.csv", "curves.csv", "figures/*")
TIMING = "images_per_second"
"""Differs each time that an epoch is run again, after a resume say; no sign of another training."""


class SyncSummary(NamedTuple):
    """How many runs, the comparison among them, a sync wrote or found as they should be."""

    created: int
    updated: int
    unchanged: int


def sync(results: Results) -> SyncSummary:
    """Make MLflow show the recorded cells of a bench and its report; a second call writes nothing.

    A run is found by its key and completed. One that contradicts the records (the cell was trained
    again) is deleted and made anew, since MLflow cannot take a value back. Runs of a cell's former
    configurations stay, with the tag ``status = superseded``.

    Raises:
        StoreError: if mlflow is not installed or its store cannot be used.
    """
    store = open_store(timeout_seconds=LOCK_SECONDS)
    bench = results.bench.name
    outcomes: Counter[Outcome] = Counter()
    with store_lock(timeout_seconds=LOCK_SECONDS):
        for dataset in results.bench.datasets:
            views = [view_of(one) for one in results.of_dataset(dataset) if is_recorded(one)]
            if not views:
                continue
            experiment = open_cells_experiment(store, bench, dataset)
            stored = {
                run.tags[KEY_TAG]: run for run in store.runs(experiment) if KEY_TAG in run.tags
            }
            outcomes.update(
                _upsert(store, experiment, view, stored.get(view.key)) for view in views
            )
            _mark_superseded(store, stored, keys={view.key for view in views})
        folder = report_folder(bench)
        if (folder / "index.md").exists():
            outcomes[_sync_comparison(store, bench, folder)] += 1
    return SyncSummary(outcomes["created"], outcomes["updated"], outcomes["unchanged"])


def _upsert(store: Store, experiment: str, view: RunView, stored: StoredRun | None) -> Outcome:
    """Create, complete or replace one run."""
    outcome: Outcome = "updated" if stored else "created"
    if stored is not None:
        if (
            stored.tags.get(DIGEST_TAG) == view.digest
            and stored.tags.get(STATUS_TAG) == view.tags[STATUS_TAG]
            and stored.status == "FINISHED"
        ):
            return "unchanged"
        steps = {name: store.history(stored.id, name) for name in HISTORY_METRICS.values()}
        if _contradicts(stored, steps, view):
            store.delete(stored.id)
            stored = None
    if stored is None:
        run_id = store.create(experiment, view.name, tags=view.tags, start_ms=view.start_ms)
        points, params = list(view.history), view.params
        known: Mapping[str, float] = {}
    else:
        run_id = stored.id
        points = [point for point in view.history if point.step not in steps[point.name]]
        params = {name: view.params[name] for name in view.params.keys() - stored.params.keys()}
        known = stored.metrics
    points += [
        Point(name, value, 0, now_ms())
        for name, value in view.finals.items()
        if known.get(name) != value
    ]
    store.log(run_id, points=points, params=params, tags={**view.tags, NOTE_TAG: view.note})
    store.set_dataset(
        run_id,
        view.tags["dataset"],
        digest=view.data_fingerprint[:12],
        context="training" if view.history else "test",
    )
    store.attach(run_id, view.folder, view.files)
    if stored is None or stored.status != "FINISHED":
        store.finish(run_id, "FINISHED", end_ms=view.end_ms)
    store.log(run_id, tags={DIGEST_TAG: view.digest})  # last: a sync cut short is done again
    return outcome


def _contradicts(
    stored: StoredRun, steps: Mapping[str, Mapping[int, float]], view: RunView
) -> bool:
    """Whether a run shows something that the records do not say."""
    recorded = {(point.name, point.step): point.value for point in view.history}
    for name, values in steps.items():
        for step, value in values.items():
            expected = recorded.get((name, step))
            if expected is None:
                return True
            # The table may be rounded where the live value was not.
            if name != TIMING and not math.isclose(value, expected, rel_tol=1e-3, abs_tol=1e-6):
                return True
    if any(stored.params.get(name, value) != value for name, value in view.params.items()):
        return True
    return not stored.metrics.keys() <= view.finals.keys() | set(HISTORY_METRICS.values())


def _mark_superseded(store: Store, stored: Mapping[str, StoredRun], *, keys: set[str]) -> None:
    """Tag the runs that recorded cells had with another configuration."""
    cells = {key.partition("@")[0] for key in keys}
    for key, run in stored.items():
        is_former = key not in keys and key.partition("@")[0] in cells and run.status != "RUNNING"
        if is_former and run.tags.get(STATUS_TAG) != "superseded":
            store.log(run.id, tags={STATUS_TAG: "superseded"})


def _sync_comparison(store: Store, bench: str, folder: Path) -> Outcome:
    """Keep exactly one run that holds the report as it is now."""
    experiment = open_comparison_experiment(store, bench)
    files = sorted(path for pattern in REPORT_FILES for path in folder.glob(pattern))
    digest = digest_of(folder, files)
    stored = [run for run in store.runs(experiment) if KEY_TAG in run.tags]
    if len(stored) == 1 and stored[0].tags.get(DIGEST_TAG) == digest:
        return "unchanged"
    for run in stored:
        store.delete(run.id)
    tags = {
        KEY_TAG: f"{bench}/comparison",
        "bench": bench,
        "mlflow.source.name": "pipelines/report.py",
        "mlflow.source.type": "LOCAL",
        NOTE_TAG: report_note((folder / "index.md").read_text()),
    }
    run_id = store.create(experiment, "comparison", tags=tags)
    store.attach(run_id, folder, files)
    if (folder / "results.csv").exists():
        store.attach_table(run_id, "results.json", _columns(folder / "results.csv"))
    store.finish(run_id, "FINISHED")
    store.log(run_id, tags={DIGEST_TAG: digest})
    return "updated" if stored else "created"


def _columns(path: Path) -> dict[str, list[str]]:
    """A CSV file by columns."""
    with path.open(newline="") as lines:
        reader = csv.DictReader(lines)
        rows = list(reader)
    return {name: [row[name] for row in rows] for name in reader.fieldnames or ()}

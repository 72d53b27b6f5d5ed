"""The MLflow store: experiments by name, runs by key. The only module that imports mlflow.

What goes wrong in MLflow, its database or its server leaves this module as a :class:`StoreError`.
"""

from __future__ import annotations

import functools
import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, Literal, NamedTuple, ParamSpec, TypeVar

from segnet.tracking.location import ARTIFACTS, StoreError, store_lock, tracking_uri

P = ParamSpec("P")
R = TypeVar("R")
RunStatus = Literal["RUNNING", "FINISHED", "FAILED", "KILLED"]

NOTE_TAG = "mlflow.note.content"
BATCH = 900
"""MLflow takes at most 1000 metrics, parameters and tags in one call."""

ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "CRITICAL",  # errors are told by StoreError, migrations by nobody
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",  # by default a dead server stalls for minutes
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}


class Point(NamedTuple):
    """One value of a metric."""

    name: str
    value: float
    step: int
    time_ms: int


@dataclass(frozen=True)
class StoredRun:
    """A run as MLflow has it; ``metrics`` holds the last value of each."""

    id: str
    status: RunStatus
    tags: Mapping[str, str]
    params: Mapping[str, str]
    metrics: Mapping[str, float]


def open_store(*, timeout_seconds: float = 30.0) -> Store:
    """Connect to the store, creating its database if there is none (some seconds).

    Raises:
        StoreError: if mlflow is not installed or the store cannot be used.
    """
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)  # read by mlflow when it is imported
    try:
        import mlflow  # noqa: F401 - its absence shall be told apart from its failures
    except ModuleNotFoundError as error:
        raise StoreError(f"{error}. Install it: `pip install mlflow`.") from None
    with store_lock(timeout_seconds=timeout_seconds):
        return _connect(tracking_uri())


def _translated(method: Callable[Concatenate[Any, P], R]) -> Callable[Concatenate[Any, P], R]:
    """The same function, whose failures in MLflow, SQL or a connection are a ``StoreError``."""

    @functools.wraps(method)
    def call(first: Any, /, *args: P.args, **kwargs: P.kwargs) -> R:
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError

        try:
            return method(first, *args, **kwargs)
        except (MlflowException, SQLAlchemyError, sqlite3.Error, OSError) as error:
            reason = str(error).partition("\n")[0]
            raise StoreError(
                f"MLflow store {tracking_uri()}: {reason}. It is only a view of the records: "
                "if it is broken, delete mlflow.db and run `segbench sync`."
            ) from error

    return call


@_translated
def _connect(uri: str) -> Store:
    if uri.startswith("sqlite:///"):
        # MLflow would retry a broken, locked or read-only file for 100 s; SQLite knows at once.
        connection = sqlite3.connect(uri.removeprefix("sqlite:///"), timeout=5)
        try:
            connection.execute("BEGIN IMMEDIATE")
        finally:
            connection.close()
    return Store(uri)


def _require_place(artifacts: str) -> None:
    """Check that an experiment keeps its files in this project, wherever that lies now.

    MLflow writes down a full path once for all, and would bring back the folder that was moved.

    Raises:
        StoreError: if the folder of our own database is another one.
    """
    here = ARTIFACTS.resolve().as_uri()
    is_ours = tracking_uri() == f"sqlite:///{Path.cwd() / 'mlflow.db'}"
    if is_ours and artifacts.startswith("file:") and artifacts.rstrip("/") != here:
        raise StoreError(
            f"mlflow.db was made in another place: it keeps files in {artifacts}, not in {here}. "
            "Delete mlflow.db and mlflow-artifacts, and run `segbench sync`: both are only a view "
            "of the records."
        )


class Store:
    """What SegBench asks of MLflow. Every method may raise :class:`StoreError`."""

    def __init__(self, uri: str) -> None:
        from mlflow import MlflowClient

        self._client = MlflowClient(tracking_uri=uri)

    @_translated
    def experiment(self, name: str) -> str:
        """The id of the experiment, which is created or taken out of the bin if need be."""
        found = self._client.get_experiment_by_name(name)
        if found is None:
            is_local = tracking_uri().startswith("sqlite:")  # a server has a place of its own
            place = ARTIFACTS.resolve().as_uri() if is_local else None
            return self._client.create_experiment(name, artifact_location=place)
        _require_place(found.artifact_location)
        if found.lifecycle_stage == "deleted":
            self._client.restore_experiment(found.experiment_id)
        return str(found.experiment_id)

    @_translated
    def describe(self, experiment: str, tags: Mapping[str, str]) -> None:
        """Set those tags of an experiment that differ."""
        present = self._client.get_experiment(experiment).tags
        for name, value in tags.items():
            if present.get(name) != value:
                self._client.set_experiment_tag(experiment, name, value)

    @_translated
    def runs(self, experiment: str, *, key: str | None = None) -> list[StoredRun]:
        """The runs that are not deleted, newest first; with ``key`` only those that carry it."""
        found: list[StoredRun] = []
        token = None
        while True:
            page = self._client.search_runs(
                [experiment],
                filter_string=f"tags.`segbench.key` = '{key}'" if key else "",
                page_token=token,
            )
            for run in page:
                data = run.data
                found.append(
                    StoredRun(
                        run.info.run_id, run.info.status, data.tags, data.params, data.metrics
                    )
                )
            token = page.token
            if not token:
                return found

    @_translated
    def create(
        self, experiment: str, name: str, *, tags: Mapping[str, str], start_ms: int | None = None
    ) -> str:
        """Start a run and give its id."""
        run = self._client.create_run(
            experiment, start_time=start_ms, tags=dict(tags), run_name=name
        )
        return str(run.info.run_id)

    @_translated
    def log(
        self,
        run_id: str,
        *,
        points: Sequence[Point] = (),
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Add values to a run; a parameter that is there with another value is an error."""
        from mlflow.entities import Metric, Param, RunTag

        self._client.log_batch(
            run_id,
            params=[Param(name, value) for name, value in (params or {}).items()],
            tags=[RunTag(name, value) for name, value in (tags or {}).items()],
        )
        for start in range(0, len(points), BATCH):
            metrics = [
                Metric(one.name, one.value, one.time_ms, one.step)
                for one in points[start : start + BATCH]
            ]
            self._client.log_batch(run_id, metrics=metrics)

    @_translated
    def history(self, run_id: str, name: str) -> dict[int, float]:
        """The values of a metric by step."""
        return {one.step: one.value for one in self._client.get_metric_history(run_id, name)}

    @_translated
    def set_running(self, run_id: str) -> None:
        """Reopen a run."""
        self._client.update_run(run_id, status="RUNNING")

    @_translated
    def finish(self, run_id: str, status: RunStatus, *, end_ms: int | None = None) -> None:
        """Close a run, now or at ``end_ms``."""
        self._client.set_terminated(run_id, status, end_ms)

    @_translated
    def delete(self, run_id: str) -> None:
        """Move a run to MLflow's bin."""
        self._client.delete_run(run_id)

    @_translated
    def attach(self, run_id: str, folder: Path, files: Iterable[Path]) -> None:
        """Copy files to a run's artifacts, under their paths relative to ``folder``."""
        for path in files:
            place = path.relative_to(folder).parent.as_posix()
            self._client.log_artifact(run_id, str(path), None if place == "." else place)

    @_translated
    def attach_table(self, run_id: str, name: str, columns: Mapping[str, Sequence[Any]]) -> None:
        """Save a table that the user interface shows as one."""
        self._client.log_table(run_id, dict(columns), name)

    @_translated
    def set_dataset(self, run_id: str, name: str, *, digest: str, context: str) -> None:
        """Say which data a run used; ``context`` is ``training`` or ``test``."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        dataset = Dataset(name, digest, source_type="local", source=f'{{"uri": "data/raw/{name}"}}')
        tag = InputTag("mlflow.data.context", context)
        self._client.log_inputs(run_id, datasets=[DatasetInput(dataset, [tag])])

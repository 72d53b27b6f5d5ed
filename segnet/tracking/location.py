"""Where MLflow's database and artifacts lie, and the lock that keeps two writers apart."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from segnet.errors import UserError

ARTIFACTS = Path("mlflow-artifacts")
LOCK = Path(".segbench/mlflow.lock")


class StoreError(UserError):
    """MLflow, its database or its server failed; the records in ``reports/`` are not touched."""


def tracking_uri() -> str:
    """``MLFLOW_TRACKING_URI``, else ``mlflow.db`` in the current directory."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{Path.cwd() / 'mlflow.db'}"


@contextmanager
def store_lock(*, timeout_seconds: float) -> Iterator[None]:
    """Keep other processes of this project from creating the database or a run at the same time.

    Raises:
        StoreError: if another process holds the lock for longer than ``timeout_seconds``.
    """
    try:
        LOCK.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(LOCK, timeout=timeout_seconds)
        lock.acquire()
    except Timeout:
        raise StoreError(
            f"{LOCK} has been held by another process for {timeout_seconds:.0f} s. "
            "Wait until its `segbench sync` is done."
        ) from None
    except OSError as error:
        raise StoreError(f"{LOCK} cannot be locked: {error}.") from error
    try:
        yield
    finally:
        lock.release()

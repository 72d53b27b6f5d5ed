"""MLflow as a view of the records: live while training, rebuilt at any time by :func:`sync`.

The records in ``reports/`` are the truth; deleting ``mlflow.db`` loses nothing. Importing this
package does not import mlflow, which takes seconds.
"""

from __future__ import annotations

from segnet.tracking.live import LiveRun, live_run, tracking_is_on
from segnet.tracking.location import StoreError
from segnet.tracking.server import serve_ui
from segnet.tracking.sync import SyncSummary, sync

__all__ = [
    "LiveRun",
    "StoreError",
    "SyncSummary",
    "live_run",
    "serve_ui",
    "sync",
    "tracking_is_on",
]

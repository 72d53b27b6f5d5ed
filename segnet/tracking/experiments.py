"""The experiments of a bench: their descriptions, and ready views of their runs."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

from segnet.tracking.store import NOTE_TAG, Store

SCORES_VIEW: dict[str, Any] = {
    "orderByKey": "metrics.`test/miou`",
    "selectedColumns": [
        *("params.`model`", "params.`loss`", "params.`seed`"),
        *("metrics.`test/miou`", "metrics.`test/class_accuracy`", "metrics.`test/pixel_accuracy`"),
        *("metrics.`best/val_miou`", "metrics.`best/epoch`", "tags.`status`"),
    ],
}
CURVES_VIEW: dict[str, Any] = {
    "orderByKey": "attributes.start_time",
    "selectedColumns": [],
    "runsHiddenMode": "SHOWALL",
    "chartsSearchFilter": "^(train|val)/|^lr$",
}
VIEW_STATE = {
    "searchFilter": "",
    "orderByAsc": False,
    "startTime": "ALL",
    "lifecycleFilter": "Active",
    "datasetsFilter": [],
    "modelVersionFilter": "All Runs",
    "columnOrder": [],
    "columnWidths": {},
    "hideEmptyCharts": True,
    "useGroupedValuesInCharts": True,
    "groupBy": None,
    "globalLineChartConfig": {
        "xAxisKey": "step",
        "lineSmoothness": 0,
        "selectedXAxisMetricKey": "",
    },
}
"""What MLflow 3.17 saves of a table of runs; one that cannot read it shows its defaults."""


def open_cells_experiment(store: Store, bench: str, dataset: str) -> str:
    """The id of the experiment that holds the cells of one data set."""
    experiment = store.experiment(f"segbench/{bench}/{dataset}")
    runs = f"#/experiments/{experiment}/runs?workflowType=machine_learning"
    note = (
        f"[Scores]({runs}&viewStateShareKey=scores) or "
        f"[curves]({runs}&compareRunsMode=CHART&viewStateShareKey=curves) of the bench `{bench}` "
        f"on `{dataset}`. `test/...` are scores of the epoch selected on validation, `last/...` of "
        f"the last one. A view of `reports/{bench}/`, which `segbench sync` rebuilds."
    )
    views = _saved_view("Scores", SCORES_VIEW) | _saved_view("Curves", CURVES_VIEW)
    store.describe(experiment, _tags(note) | views)
    return experiment


def open_comparison_experiment(store: Store, bench: str) -> str:
    """The id of the experiment that holds the report."""
    experiment = store.experiment(f"segbench/{bench}/comparison")
    store.describe(experiment, _tags(f"`reports/{bench}/index.md` and its figures, in one run."))
    return experiment


def _tags(note: str) -> dict[str, str]:
    # Without a kind, the interface asks whether these are agents or models.
    return {NOTE_TAG: note, "mlflow.experimentKind": "custom_model_development"}


def _saved_view(name: str, state: dict[str, Any]) -> dict[str, str]:
    """The tag behind an entry of the menu *Views*."""
    packed = base64.b64encode(zlib.compress(json.dumps(VIEW_STATE | state).encode())).decode()
    view = {"name": name, "createdAt": 0, "updatedAt": 0, "state": f"deflate;{packed}"}
    return {f"mlflow.sharedViewState.{name.lower()}": json.dumps(view)}

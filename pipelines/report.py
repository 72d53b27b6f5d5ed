"""Stage ``report``: the whole bench. ``python -m pipelines.report``.

Reads the records of the cells that ``params.yaml: bench`` names, and for the pictures their
predictions and the prepared data, and leaves ``reports/<bench>/index.md``, its figures and CSVs.
"""

from __future__ import annotations

import sys

from segnet.bench.config import load_config
from segnet.datasets.prepared.store import read_dataset
from segnet.datasets.registry import define_dataset
from segnet.errors import exit_on_user_error
from segnet.paths import prepared_folder, report_folder
from segnet.reporting.comparison_tables import Choice
from segnet.reporting.report import write_report
from segnet.reporting.terminal import print_comparisons
from segnet.results.cells import load_bench
from segnet.tracking import StoreError, sync, tracking_is_on


def main() -> None:
    """Report on the bench that ``params.yaml`` describes and print its tables."""
    config = load_config()
    bench = config.bench
    definitions = {name: define_dataset(name, config.datasets) for name in bench.datasets}
    folders = {name: prepared_folder(bench.name, name) for name in bench.datasets}
    prepared = {name: read_dataset(folder) for name, folder in folders.items() if folder.exists()}

    comparisons = write_report(bench, definitions, prepared, config.settings)

    print_comparisons(comparisons, Choice())
    print(f"report: {report_folder(bench.name) / 'index.md'}")
    if tracking_is_on():
        show_in_mlflow(bench.name)


def show_in_mlflow(bench: str) -> None:
    """Bring MLflow up to date; the report does not depend on it."""
    try:
        sync(load_bench(bench))
    except StoreError as error:
        print(f"note: MLflow is not up to date: {error}", file=sys.stderr)


if __name__ == "__main__":
    with exit_on_user_error():
        main()

"""Writing ``reports/<bench>/``: page, figures and CSV files, from the records of the cells."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from segnet.atomic import fresh_folder, write_atomically
from segnet.datasets.definition import DatasetDefinition
from segnet.datasets.prepared.store import PreparedDataset
from segnet.grid import Bench
from segnet.paths import report_folder
from segnet.reporting.cell_tables import (
    CURVE_COLUMNS,
    csv_text,
    curve_rows,
    result_columns,
    result_rows,
)
from segnet.reporting.comparison import Comparison, add_published, compare_cells
from segnet.reporting.intervals import IntervalsRecord, compute_bench
from segnet.reporting.recount import recount
from segnet.reporting.report_figures import draw_dataset
from segnet.reporting.report_pages import html_report, markdown_report
from segnet.results.cells import Results, Settings, load_bench, load_results, of_bench_alone
from segnet.results.records import BenchRecord, DataFacts

RESULTS_FILE = "results.csv"


def describe_dataset(definition: DatasetDefinition, prepared: PreparedDataset | None) -> DataFacts:
    """What a report says of a data set; the sizes of the labels only if it is prepared."""
    sizes: tuple[tuple[int, int], ...] = ()
    if prepared is not None:
        heights, widths = prepared.splits["test"].mask_sizes.T.tolist()
        sizes = ((min(heights), min(widths)), (max(heights), max(widths)))
    return DataFacts(
        title=definition.title,
        synthetic=definition.synthetic,
        source=definition.source,
        licence=definition.licence,
        citation=definition.citation,
        note=definition.note,
        mask_sizes=sizes,
    )


def write_report(
    bench: Bench,
    definitions: Mapping[str, DatasetDefinition],
    prepared: Mapping[str, PreparedDataset],
    settings: Settings = of_bench_alone,
) -> tuple[Comparison, ...]:
    """Write the report of a bench, whatever of it is done.

    Everything is computed before the first file is replaced, and each file (and the folder of
    figures) is replaced at once. Figures of cells that the bench no longer names are gone.

    Args:
        bench: which cells to report.
        definitions: the definition of each data set of the bench.
        prepared: the prepared data sets that are on this machine, for the pictures.
        settings: what each cell would be trained with now.

    Returns:
        The comparison of each data set, as on the page.

    Raises:
        UserError: if a history or the record of a measurement is broken.
    """
    data = {
        name: describe_dataset(definitions[name], prepared.get(name)) for name in bench.datasets
    }
    return _write(recount(load_results(bench, data, settings)), prepared)


def rewrite_report(bench: str, settings: Settings = of_bench_alone) -> tuple[Comparison, ...]:
    """Write the report of a bench again from its records alone, whatever bench is chosen now.

    Pictures of predictions need the data and the predictions. Those of the present report stay
    where all of its scores are still those of the records.

    Raises:
        UserError: if there is no such report, or it cannot be read.
    """
    results, folder = recount(load_bench(bench, settings)), report_folder(bench)
    known = (folder / RESULTS_FILE).read_text() if (folder / RESULTS_FILE).exists() else ""
    return _write(results, {}, kept=folder / "figures" if known == _results_csv(results) else None)


def _write(
    results: Results, prepared: Mapping[str, PreparedDataset], kept: Path | None = None
) -> tuple[Comparison, ...]:
    intervals = compute_bench(results)
    folder = report_folder(results.bench.name)
    with fresh_folder(folder / "figures") as figures:
        comparisons, texts = report_texts(results, intervals, prepared, figures, kept)
    for name, text in texts.items():
        write_atomically(folder / name, text)
    intervals.write(folder)
    BenchRecord(bench=results.bench, data=dict(results.data)).write(folder)
    return comparisons


def report_texts(
    results: Results,
    intervals: IntervalsRecord,
    prepared: Mapping[str, PreparedDataset],
    figures: Path,
    kept: Path | None = None,
) -> tuple[tuple[Comparison, ...], dict[str, str]]:
    """The comparisons of a report and its text files by name; draws its figures into a folder.

    ``kept`` holds the figures of an earlier report on the same scores.
    """
    comparisons = compare_cells(results, intervals=intervals)
    with_published = add_published(comparisons, results)
    pictures = {
        one.dataset: draw_dataset(figures, results, one, prepared.get(one.dataset), kept)
        for one in comparisons
    }
    return comparisons, {
        RESULTS_FILE: _results_csv(results),
        "curves.csv": csv_text(curve_rows(results), columns=CURVE_COLUMNS),
        "index.md": markdown_report(results, with_published, pictures),
        "index.html": html_report(results, with_published, pictures, figures),
    }


def _results_csv(results: Results) -> str:
    return csv_text(result_rows(results), columns=result_columns(results))

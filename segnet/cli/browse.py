"""``segbench browse``: every test image of a bench, or of somebody's predictions, on one page."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segnet.cli.score import LabelsOption, NumberedOption, PatternOption, Resize, SplitOption
from segnet.cli.truth_options import find_truth
from segnet.errors import UserError

if TYPE_CHECKING:
    from segnet.browsing.rows import Row

MOST_ROWS = 6
"""Of a bench where none are named; each takes room from the pictures."""
SOURCES_HELP = (
    "A bench whose predictions are on this machine, rows of it (camvid-cpu:unet/dice), or folders "
    "of predictions as `segbench score` reads them."
)
DATASET_HELP = "A data set of params.yaml, or the YAML of your own; of a bench its first."


def browse(
    sources: Annotated[list[str], typer.Argument(help=SOURCES_HELP, metavar="BENCH|FOLDER...")],
    dataset: Annotated[str, typer.Option("--dataset", help=DATASET_HELP)] = "",
    split: SplitOption = "test",
    labels: LabelsOption = "",
    resize: Resize = "no",
    pattern: PatternOption = "",
    numbered: NumberedOption = False,
    output: Annotated[Path, typer.Option(help="The page.")] = Path("browse.html"),
) -> None:
    """Write one page that shows every image: truth, predictions, errors, worst first."""
    from segnet.atomic import write_atomically
    from segnet.browsing.page import browse_page
    from segnet.browsing.rows import find_cells, row_of_cell, row_of_folder
    from segnet.results.cells import load_bench
    from segnet.submissions.label_code import read_label_code

    benches = [one for one in sources if not Path(one).exists() or ":" in one]
    if not dataset:
        if not benches:
            raise UserError(f"--dataset is missing: name the one that {sources[0]} is for.")
        dataset = load_bench(benches[0].split(":")[0]).bench.datasets[0]
    if benches and split != "test":
        raise UserError(f"--split {split}: benches keep predictions of the test split only.")
    truth = find_truth(dataset, split)

    def rows_of(source: str) -> list[Row]:
        if source not in benches:
            return [
                row_of_folder(
                    Path(source),
                    truth,
                    read_label_code(labels, truth.taxonomy),
                    resize=resize == "nearest",
                    pattern=pattern,
                    numbered=numbered,
                )
            ]
        cells = find_cells(source, dataset)
        if left_out := cells[MOST_ROWS:]:
            names = ", ".join(f"{one.cell.model}/{one.cell.loss}" for one in left_out)
            print(
                f"note: the best {MOST_ROWS} rows of {source} are shown, not {names}; name those "
                f"that you want, as {source}:{left_out[0].cell.model}/{left_out[0].cell.loss}",
                file=sys.stderr,
            )
        return [row_of_cell(one, truth) for one in cells[:MOST_ROWS]]

    rows = [row for source in sources for row in rows_of(source)]
    page = browse_page(", ".join(sources), truth, rows)
    write_atomically(output, page)
    print(output)

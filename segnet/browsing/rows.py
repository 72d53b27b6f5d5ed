"""The rows of a page: predictions of a bench that are on this machine, or of a folder. No torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8

from segnet.errors import UserError, unknown
from segnet.paths import cell_run_folder
from segnet.results.array_files import PREDICTIONS_FILE, read_arrays
from segnet.results.cells import CellResult, Results, load_bench
from segnet.submissions.decoding import Decoder
from segnet.submissions.label_code import LabelCode
from segnet.submissions.reading import read_pairs
from segnet.submissions.sources import find_predictions
from segnet.submissions.table import find_rival
from segnet.submissions.truth import Truth

Masks = Sequence[UInt8[np.ndarray, "h w"]]


class Row(NamedTuple):
    """Predictions for every image of a split."""

    name: str
    read: Callable[[], Masks]
    """The class maps at the size of the truth, in the order of its names; what is no class has a
    label that no class has."""


def cells_here(results: Sequence[CellResult]) -> list[CellResult]:
    """Of each model and loss the first seed whose predictions are on this machine, best first.

    Args:
        results: of one data set of a bench.
    """
    here: dict[tuple[str, str], CellResult] = {}
    for one in results:
        if one.status == "done" and _file(one).exists():
            here.setdefault((one.cell.model, one.cell.loss), one)
    return sorted(here.values(), key=_miou, reverse=True)


def find_cells(text: str, dataset: str) -> list[CellResult]:
    """The cells that ``BENCH`` or ``BENCH:MODEL/LOSS`` names and whose predictions are here.

    Raises:
        UserError: if there is no such bench or row, or no predictions of it.
    """
    if ":" in text:
        results = find_rival(text, dataset).cells
    else:
        results = _of_dataset(load_bench(text), dataset)
    cells = cells_here(results)
    if not cells:
        wanted = _file(next((one for one in results if not one.is_blind), results[0]))
        raise UserError(
            f"no predictions of {text} for {dataset} are on this machine: there is no {wanted}. "
            "Run `dvc repro`, or `dvc pull` where a remote has them."
        )
    return cells


def row_of_cell(cell: CellResult, truth: Truth) -> Row:
    """The saved predictions of a training.

    Raises:
        UserError: if it was scored on other images. Reading them raises one if they are damaged or
            of other data.
    """
    name = f"{cell.cell.model}/{cell.cell.loss} s{cell.cell.seed}"
    scored = cell.evaluation.image_names if cell.evaluation else ()
    if scored != truth.names:
        raise UserError(
            f"{name} of {cell.cell.bench} was scored on {len(scored)} images, {truth.dataset} "
            f"{truth.split} has {len(truth)} others here. Run `dvc repro`."
        )

    def read() -> Masks:
        (maps,) = read_arrays(_file(cell), "selected", ["selected"])
        sizes = [truth.mask(index).shape for index in range(len(truth))]
        cut = [one[:height, :width] for one, (height, width) in zip(maps, sizes, strict=False)]
        if [one.shape for one in cut] != sizes:
            raise UserError(f"{_file(cell)} is of other data. Delete it and run `dvc repro`.")
        return cut

    return Row(name, read)


def row_of_folder(
    path: Path,
    truth: Truth,
    code: LabelCode,
    *,
    resize: bool = False,
    pattern: str = "",
    numbered: bool = False,
) -> Row:
    """Predictions that were made elsewhere, read as :func:`score_predictions` reads them."""

    def read() -> Masks:
        found = find_predictions(path, truth.names, pattern=pattern, numbered=numbered)
        decoder = Decoder(code, truth.taxonomy.num_classes)
        return [one.predicted.mask for one in read_pairs(truth, found, decoder, resize=resize)]

    return Row(path.resolve().stem, read)


def _of_dataset(results: Results, dataset: str) -> tuple[CellResult, ...]:
    if dataset not in results.bench.datasets:
        known = results.bench.datasets
        raise UserError(f"bench '{results.bench.name}': {unknown('dataset', dataset, known)}")
    return results.of_dataset(dataset)


def _file(cell: CellResult) -> Path:
    return cell_run_folder(cell.cell.bench, cell.cell.slug) / PREDICTIONS_FILE


def _miou(cell: CellResult) -> float:
    score = cell.score_of("selected")
    return score.scores.miou if score else float("-inf")

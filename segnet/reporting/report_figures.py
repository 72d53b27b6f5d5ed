"""All figures of a report, from the records of its cells and their predictions."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int64
from matplotlib.figure import Figure

from segnet.datasets.prepared.store import PreparedDataset
from segnet.paths import cell_run_folder
from segnet.reporting.comparison import Comparison
from segnet.reporting.curve_figures import Curves, training_curves
from segnet.reporting.figure_style import assign_looks, save_figure, svg_text
from segnet.reporting.prediction_figure import (
    collect_examples,
    prediction_grid,
    read_predictions,
)
from segnet.reporting.score_figures import (
    class_heat_map,
    confusion_matrix,
    cost_against_score,
    per_class_iou,
    ranking,
)
from segnet.results.array_files import PREDICTIONS_FILE
from segnet.results.cells import CellResult, Results
from segnet.results.history import read_history
from segnet.scoring.counts.metrics import miou
from segnet.scoring.scores import read_counts

CAPTIONS = {
    "ranking": (
        "test mIoU",
        "Test mIoU, best first. Marks: mean over seeds; lines: 95 % interval over test images, "
        "where there is one; points: the worst and the best seed. Intervals that overlap do not "
        'settle whether two rows differ; the column "ties" of the table does.',
    ),
    "heat": ("test IoU of each class, %", "Test IoU of each class, mean over seeds."),
    "classes": (
        "test IoU of each class",
        "Test IoU of each class; lines reach from the worst to the best seed. No mark: the class "
        "is neither in the labels nor predicted.",
    ),
    "cost": (
        "cost and test mIoU",
        "Test mIoU against what the network costs and how fast it is; lines: 95 % interval over "
        "test images, where there is one.",
    ),
    "curves": (
        "training",
        "Training loss and validation mIoU by epoch. Thin lines are single seeds. The losses of "
        "different loss functions are different quantities.",
    ),
}
"""Title and caption of each figure."""

EXAMPLES = (
    "The two best, two median and two worst test images by the mIoU of the single image, averaged "
    "over the models shown. Below each prediction: where it is wrong. Void pixels of the truth "
    "have a colour of their own and are not scored."
)


class Picture(NamedTuple):
    """A figure of the report."""

    file_name: str
    caption: str
    svg: str = ""
    """The same as a drawing for a page with colours of its own; empty for a photograph."""
    is_table: bool = False
    """Whether a page that colours its tables shows the table instead."""


class Pictures(NamedTuple):
    """The figures of one data set: those shown, those linked, and why one could not be drawn."""

    shown: tuple[Picture, ...]
    linked: tuple[Picture, ...]
    notes: tuple[str, ...]


def draw_dataset(
    folder: Path,
    results: Results,
    comparison: Comparison,
    prepared: PreparedDataset | None,
    kept: Path | None = None,
) -> Pictures:
    """Draw every figure of one data set into ``folder``.

    Args:
        folder: gets the PNG files.
        results: the cells of the bench.
        comparison: the rows of this data set.
        prepared: its images and labels; without them there is no prediction grid, but a note.
        kept: figures of an earlier report on the same scores, whose prediction grid still holds.
    """
    done = [
        one
        for one in results.of_dataset(comparison.dataset)
        if one.status == "done" and not one.is_blind
    ]
    if not done:
        return Pictures((), (), ("No trained cell is done: there are no figures.",))
    dataset, classes = comparison.dataset, comparison.classes
    looks = assign_looks(product(results.bench.models, results.bench.losses))
    trained = [row for row in comparison.rows if row.seeds and not row.is_blind]
    prior = next((row for row in comparison.rows if row.model == "prior" and row.seeds), None)

    def drawn(kind: str, draw: Callable[..., Figure], *content: Any, **more: Any) -> Picture:
        title, caption = CAPTIONS[kind]
        figure = draw(*content, title=f"{dataset}: {title}", **more)
        name = f"{kind}-{dataset}"
        save_figure(figure, folder / f"{name}.png")
        is_table = kind == "heat"
        svg = "" if is_table else svg_text(figure, name=name)
        return Picture(f"{name}.png", caption, svg, is_table)

    confusions = _draw_confusions(folder, comparison, done)
    examples, notes = _draw_examples(folder, dataset, done, prepared, kept)
    shown = (
        drawn("ranking", ranking, [row for row in comparison.rows if row.seeds], looks),
        *examples,
        drawn("heat", class_heat_map, trained, classes),
        drawn("classes", per_class_iou, trained, classes, looks, prior=prior),
        drawn("cost", cost_against_score, trained, looks),
        drawn("curves", training_curves, _histories(done), looks),
        confusions[0],
    )
    return Pictures(shown, confusions[1:], notes)


def _histories(done: Sequence[CellResult]) -> list[Curves]:
    """The histories of each model and loss, in the order of the bench."""
    found: dict[tuple[str, str], dict[int, Any]] = {}
    for one in done:
        by_seed = found.setdefault((one.cell.model, one.cell.loss), {})
        by_seed[one.cell.seed] = read_history(one.folder)
    return [Curves(model, loss, by_seed) for (model, loss), by_seed in found.items()]


def _draw_confusions(
    folder: Path, comparison: Comparison, done: Sequence[CellResult]
) -> tuple[Picture, ...]:
    """A confusion matrix for each row, best first, its seeds added up."""
    pictures = []
    for row in comparison.rows:
        cells = [one for one in done if (one.cell.model, one.cell.loss) == (row.model, row.loss)]
        if not cells:
            continue
        counts = np.sum([_image_counts(one).sum(0) for one in cells], axis=0)
        title = f"{row.dataset}: {row.label}, {_seeds(len(cells))}"
        name = f"confusion-{row.dataset}-{row.model}-{row.loss}.png"
        save_figure(confusion_matrix(counts, comparison.classes, title=title), folder / name)
        pictures.append(Picture(name, f"Confusion of {row.label} on test, {_seeds(len(cells))}."))
    return tuple(pictures)


def _draw_examples(
    folder: Path,
    dataset: str,
    done: Sequence[CellResult],
    prepared: PreparedDataset | None,
    kept: Path | None,
) -> tuple[tuple[Picture, ...], tuple[str, ...]]:
    """The prediction grid, or why there is none."""
    grid = Picture(f"predictions-{dataset}.png", EXAMPLES)
    if prepared is None and kept and (kept / grid.file_name).exists():
        shutil.copyfile(kept / grid.file_name, folder / grid.file_name)
        return (grid,), ()
    if prepared is None:
        return (), ("No pictures of predictions: the prepared data are not on this machine.",)
    first = _first_of_each_model(done)
    expected = {one.evaluation.provenance.data_fingerprint for one in first if one.evaluation}
    if expected != {prepared.fingerprint}:
        return (), ("No pictures of predictions: the prepared data are another version.",)
    folders = {one.cell: cell_run_folder(one.cell.bench, one.cell.slug) for one in first}
    maps = {cell: read_predictions(run) for cell, run in folders.items()}
    notes = tuple(
        f"No pictures of {cell.model}: {folders[cell] / PREDICTIONS_FILE} is not on this machine."
        for cell, predicted in maps.items()
        if predicted is None
    )
    shown = [one for one in first if maps[one.cell] is not None]
    if not shown:
        return (), notes
    scores = np.mean([miou(_image_counts(one)) for one in shown], axis=0)
    headings = {
        f"{cell.model}\n{cell.loss}, seed {cell.seed}": predicted
        for cell, predicted in maps.items()
        if predicted is not None
    }
    examples = collect_examples(prepared.splits["test"], headings, scores)
    figure = prediction_grid(examples, prepared.taxonomy, title=f"{dataset}: test images")
    save_figure(figure, folder / grid.file_name)
    return (grid,), notes


def _first_of_each_model(done: Sequence[CellResult]) -> list[CellResult]:
    """The first done cell of each model: the first loss and seed in the order of the bench."""
    first: Mapping[str, CellResult] = {one.cell.model: one for one in reversed(done)}
    return [first[model] for model in dict.fromkeys(one.cell.model for one in done)]


def _image_counts(result: CellResult) -> Int64[np.ndarray, "n classes classes"]:
    return read_counts(result.folder, "selected")


def _seeds(count: int) -> str:
    return "1 seed" if count == 1 else f"{count} seeds added up"

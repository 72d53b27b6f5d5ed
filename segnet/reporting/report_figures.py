"""All figures of a report, from the records of its cells and their predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64
from matplotlib.figure import Figure

from segnet.datasets.prepared.store import PreparedDataset
from segnet.paths import cell_report_folder, cell_run_folder
from segnet.reporting.comparison import Comparison
from segnet.reporting.curve_figures import Curves, training_curves
from segnet.reporting.figure_style import assign_looks, save_figure, svg_text
from segnet.reporting.prediction_figure import (
    collect_examples,
    prediction_grid,
    read_predictions,
)
from segnet.reporting.rows import ComparisonRow
from segnet.reporting.score_figures import (
    Looks,
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
    folder: Path, results: Results, comparison: Comparison, prepared: PreparedDataset | None
) -> Pictures:
    """Draw every figure of one data set into ``folder``.

    Args:
        folder: gets the PNG files.
        results: the cells of the bench.
        comparison: the rows of this data set.
        prepared: its images and labels; without them there is no prediction grid, but a note.
    """
    done = [
        one
        for one in results.of_dataset(comparison.dataset)
        if one.status == "done" and not one.is_blind
    ]
    if not done:
        return Pictures((), (), ("No trained cell is done: there are no figures.",))
    confusions = _draw_confusions(folder, comparison, done)
    examples, notes = _draw_examples(folder, comparison.dataset, done, prepared)
    looks = assign_looks(product(results.bench.models, results.bench.losses))
    trained = [row for row in comparison.rows if row.seeds and not row.is_blind]
    shown = (
        _draw_ranking(folder, comparison, looks),
        *examples,
        _draw_heat_map(folder, comparison, trained),
        _draw_classes(folder, comparison, looks, trained),
        _draw_cost(folder, comparison.dataset, trained, looks),
        _draw_curves(folder, comparison.dataset, done, looks),
        confusions[0],
    )
    return Pictures(shown, confusions[1:], notes)


def _drawn(figure: Figure, folder: Path, name: str, caption: str) -> Picture:
    """A figure as a PNG file and as a drawing."""
    save_figure(figure, folder / f"{name}.png")
    return Picture(f"{name}.png", caption, svg_text(figure, name=name))


def _draw_ranking(folder: Path, comparison: Comparison, looks: Looks) -> Picture:
    rows = [row for row in comparison.rows if row.seeds]
    title = f"{comparison.dataset}: test mIoU"
    caption = (
        "Test mIoU, best first. Marks: mean over seeds; lines: 95 % interval over test images, "
        "where there is one; points: the worst and the best seed. Intervals that overlap do not "
        'settle whether two rows differ; the column "= row" of the table does.'
    )
    figure = ranking(rows, looks, title=title)
    return _drawn(figure, folder, f"ranking-{comparison.dataset}", caption)


def _draw_cost(folder: Path, dataset: str, rows: Sequence[ComparisonRow], looks: Looks) -> Picture:
    figure = cost_against_score(rows, looks, title=f"{dataset}: cost and test mIoU")
    caption = (
        "Test mIoU against what the network costs and how fast it is; lines: 95 % interval over "
        "test images, where there is one."
    )
    return _drawn(figure, folder, f"cost-{dataset}", caption)


def _draw_heat_map(folder: Path, comparison: Comparison, rows: Sequence[ComparisonRow]) -> Picture:
    title = f"{comparison.dataset}: test IoU of each class, %"
    figure = class_heat_map(rows, comparison.classes, title=title)
    save_figure(figure, folder / f"heat-{comparison.dataset}.png")
    return Picture(
        f"heat-{comparison.dataset}.png", "Test IoU of each class, mean over seeds.", is_table=True
    )


def _draw_curves(folder: Path, dataset: str, done: Sequence[CellResult], looks: Looks) -> Picture:
    histories: dict[tuple[str, str], Curves] = {}
    for one in done:
        cell = one.cell
        new = Curves(cell.model, cell.loss, {})
        known = histories.get((cell.model, cell.loss), new)
        by_seed = {**known.by_seed, cell.seed: read_history(one.folder)}
        histories[cell.model, cell.loss] = Curves(cell.model, cell.loss, by_seed)
    figure = training_curves(list(histories.values()), looks, title=f"{dataset}: training")
    caption = (
        "Training loss and validation mIoU by epoch. Thin lines are single seeds. The losses of "
        "different loss functions are different quantities."
    )
    return _drawn(figure, folder, f"curves-{dataset}", caption)


def _draw_classes(
    folder: Path, comparison: Comparison, looks: Looks, rows: Sequence[ComparisonRow]
) -> Picture:
    figure = per_class_iou(
        rows,
        comparison.classes,
        looks,
        prior=next((row for row in comparison.rows if row.model == "prior" and row.seeds), None),
        title=f"{comparison.dataset}: test IoU of each class",
    )
    caption = (
        "Test IoU of each class; lines reach from the worst to the best seed. No mark: the class "
        "is neither in the labels nor predicted."
    )
    return _drawn(figure, folder, f"classes-{comparison.dataset}", caption)


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
    folder: Path, dataset: str, done: Sequence[CellResult], prepared: PreparedDataset | None
) -> tuple[tuple[Picture, ...], tuple[str, ...]]:
    """The prediction grid, or why there is none."""
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
    save_figure(figure, folder / f"predictions-{dataset}.png")
    caption = (
        "The two best, two median and two worst test images by the mIoU of the single image, "
        "averaged over the models shown. Below each prediction: where it is wrong. Void pixels of "
        "the truth have a colour of their own and are not scored."
    )
    return (Picture(f"predictions-{dataset}.png", caption),), notes


def _first_of_each_model(done: Sequence[CellResult]) -> list[CellResult]:
    """The first done cell of each model: the first loss and seed in the order of the bench."""
    first: Mapping[str, CellResult] = {one.cell.model: one for one in reversed(done)}
    return [first[model] for model in dict.fromkeys(one.cell.model for one in done)]


def _image_counts(result: CellResult) -> Int64[np.ndarray, "n classes classes"]:
    cell = result.cell
    return read_counts(cell_report_folder(cell.bench, cell.slug), "selected")


def _seeds(count: int) -> str:
    return "1 seed" if count == 1 else f"{count} seeds added up"

"""The comparison of a bench: per data set, one row a model and loss, best first. No torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from segnet.config import BASELINES
from segnet.errors import UserError, expand_short_name, unknown
from segnet.reporting.captions import notes_on, protocol_line
from segnet.reporting.seed_summary import ComparisonRow, summarize_seeds
from segnet.results import CellResult, Results


@dataclass(frozen=True)
class Comparison:
    """All rows of one data set, and what a reader must know beside them.

    Best mIoU first, unless :func:`segnet.reporting.sorting.sort_rows` gave another order.
    """

    dataset: str
    title: str
    protocol: str
    """One line: the data, the sizes, the networks' width and initial weights."""
    classes: tuple[str, ...]
    rows: tuple[ComparisonRow, ...]
    notes: tuple[str, ...]

    def baseline(self, model: str) -> ComparisonRow | None:
        """The row of a baseline, None if it is filtered out or has not run."""
        return next((row for row in self.rows if row.model == model and row.seeds), None)


def compare(
    results: Results,
    *,
    models: Sequence[str] = (),
    losses: Sequence[str] = (),
    datasets: Sequence[str] = (),
) -> tuple[Comparison, ...]:
    """One comparison a data set. An empty filter keeps all; baselines stay unless models are named.

    Args:
        results: the cells of a bench.
        models: keep these models; ``v1`` stands for ``segnet_v1``.
        losses: keep these losses, and the baselines, which have none.
        datasets: keep these data sets.

    Raises:
        UserError: if a filter names what the bench does not have.
    """
    bench = results.bench
    known_models = (*BASELINES, *bench.models)
    models = tuple(expand_short_name(model, known_models) for model in models)
    for what, names, known in (
        ("model", models, known_models),
        ("loss", losses, bench.losses),
        ("dataset", datasets, bench.datasets),
    ):
        for name in names:
            if name not in known:
                raise UserError(f"bench '{bench.name}': {unknown(what, name, known)}")
    kept = [
        one
        for one in results.cells
        if (not models or one.cell.model in models)
        and (not losses or one.is_baseline or one.cell.loss in losses)
    ]
    return tuple(
        _compare_on(dataset, [one for one in kept if one.cell.dataset == dataset], results)
        for dataset in bench.datasets
        if not datasets or dataset in datasets
    )


def _compare_on(dataset: str, cells: list[CellResult], results: Results) -> Comparison:
    groups: dict[tuple[str, str], list[CellResult]] = {}
    for one in cells:
        groups.setdefault((one.cell.model, one.cell.loss), []).append(one)
    rows = [summarize_seeds(group) for group in groups.values()]
    rows.sort(
        key=lambda row: -math.inf if math.isnan(row.miou.mean) else row.miou.mean, reverse=True
    )
    classes = tuple(dict.fromkeys(name for row in rows for name in row.iou))
    return Comparison(
        dataset=dataset,
        title=f"{results.bench.name}: {results.bench.title}",
        protocol=protocol_line(dataset, cells, results),
        classes=classes,
        rows=tuple(rows),
        notes=notes_on(cells, rows, results.bench),
    )

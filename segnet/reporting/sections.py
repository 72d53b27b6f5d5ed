"""A comparison as titled tables, in the order in which every format prints them. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from segnet.reporting.column import Column
from segnet.reporting.columns import default_columns, legend
from segnet.reporting.comparison import Comparison
from segnet.reporting.grid import PER_CLASS, Grid, comparison_grid, per_class_grid
from segnet.reporting.published_rows import RANKED_NOTE, others_grid, ranked_grid
from segnet.reporting.significance import gaps_grid, significance_grid
from segnet.statistics.intervals import ONE_SEED


@dataclass(frozen=True)
class Choice:
    """What a comparison shows beside its rows."""

    columns: tuple[Column, ...] = ()
    """Of the main table; none is the default ones."""
    per_class: bool = False
    significance: bool = False


class TitledGrid(NamedTuple):
    """A table with the words around it."""

    title: str
    grid: Grid
    notes: tuple[str, ...] = ()


def titled_grids(comparison: Comparison, choice: Choice) -> tuple[TitledGrid, ...]:
    """The table of the rows first, then what was asked for."""
    rows = comparison.rows
    columns = choice.columns or default_columns(rows)
    notes = (legend(columns), *comparison.notes)
    grids = [TitledGrid(comparison.protocol, comparison_grid(rows, columns), notes)]
    if choice.significance:
        grids += _significance(comparison)
    if choice.per_class and comparison.classes:
        grids.append(TitledGrid(PER_CLASS, per_class_grid(rows, comparison.classes)))
    if comparison.published is not None:
        grids += _published(comparison)
    return tuple(grids)


def _significance(comparison: Comparison) -> list[TitledGrid]:
    square = significance_grid(comparison.rows, comparison.gaps)
    if not square.lines:
        title = "Differences of mIoU: none was tested; see the notes"
        return [TitledGrid(title, EMPTY)]
    one_seed = f" With {ONE_SEED}." if any(one.num_seeds == 1 for one in comparison.gaps) else ""
    notes = (
        ">: the row's mIoU is shown to be higher than the column's; <: lower; =: no difference "
        f"shown. All pairs hold together at 95 %.{one_seed}",
    )
    return [
        TitledGrid("Differences of mIoU that are shown", square, notes),
        TitledGrid(
            "Differences of mIoU in points, each with its interval",
            gaps_grid(comparison.rows, comparison.gaps),
        ),
    ]


def _published(comparison: Comparison) -> list[TitledGrid]:
    published = comparison.published
    if published is None or not (published.ranked or published.others):
        return [TitledGrid(f"Published values: none is known of {comparison.dataset}", EMPTY)]
    grids = []
    if published.ranked:
        ranked = ranked_grid(comparison.rows, published)
        grids.append(TitledGrid("Beside published values that compare", ranked, (RANKED_NOTE,)))
    if published.others:
        title = "Published values that do not compare with ours, not ranked"
        grids.append(TitledGrid(title, others_grid(published)))
    return grids


EMPTY = Grid((), (), 0)

"""Cells that differ in their random seed alone, summed up in one row. No torch.

A row says how many seeds it stands for. Its spread is the sample standard deviation over seeds and
says nothing of how the score depends on the choice of test images, of which its intervals speak.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from segnet.grid import BLIND_PREDICTORS
from segnet.results.cells import CellResult
from segnet.results.records import MeasureRecord
from segnet.statistics.intervals import Interval


@dataclass(frozen=True)
class OverSeeds:
    """A score over seeds."""

    mean: float
    sd: float
    """Sample standard deviation (n - 1); NaN for one seed."""
    low: float
    high: float


MEANS = (
    *("pixel_accuracy", "class_accuracy", "fwiou"),
    *("boundary_f1", "boundary_f1_script", "boundary_iou", "ece"),
)
"""Scores of which a row shows the mean over seeds alone."""

NO_INTERVAL = Interval(math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class ComparisonRow:
    """A model and loss on one data set, over the seeds that are done. Scores are fractions of one.

    Scores are those of the checkpoint selected on validation, but for ``last_miou``. What a row
    does not have is NaN: everything where no seed is done, training columns of a blind predictor.
    """

    dataset: str
    model: str
    loss: str
    seeds: tuple[int, ...]
    planned_seeds: int
    miou: OverSeeds
    last_miou: float
    pixel_accuracy: float
    class_accuracy: float
    fwiou: float
    iou: dict[str, OverSeeds]
    classes_scored: tuple[int, ...]
    """Over how many classes the mIoU is a mean: the different values among the seeds, sorted."""
    parameters: float
    images_per_second: float
    boundary_f1: float = math.nan
    boundary_f1_script: float = math.nan
    boundary_iou: float = math.nan
    ece: float = math.nan
    multiply_adds: float = math.nan
    latency_ms: float = math.nan
    peak_memory_mib: float = math.nan
    measured_at: str = ""
    """Image size and device of these three, ``360x480 on NVIDIA H100``; empty if not measured."""
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    """By the name of the score, where there are any."""
    number: int = 0
    """Its place in the comparison, from 1."""
    ties: tuple[int, ...] | None = None
    """Numbers of the rows to which no difference of mIoU is shown; None if it was not tested."""

    @property
    def label(self) -> str:
        """``segnet_v1 / ce``; a blind predictor has no loss."""
        return self.model if self.is_blind else f"{self.model} / {self.loss}"

    @property
    def is_blind(self) -> bool:
        """Whether the row never sees an image."""
        return self.model in BLIND_PREDICTORS

    def interval(self, score: str) -> Interval:
        """The interval of a score over test images; NaN where there is none."""
        return self.intervals.get(score, NO_INTERVAL)


def over_seeds(values: Iterable[float]) -> OverSeeds:
    """Mean, sample standard deviation and range of the values that are not NaN."""
    defined = [value for value in values if not math.isnan(value)]
    if not defined:
        return OverSeeds(math.nan, math.nan, math.nan, math.nan)
    mean = math.fsum(defined) / len(defined)
    squares = math.fsum((value - mean) ** 2 for value in defined)
    sd = math.sqrt(squares / (len(defined) - 1)) if len(defined) > 1 else math.nan
    return OverSeeds(mean, sd, min(defined), max(defined))


def summarize_seeds(
    group: Sequence[CellResult], intervals: Mapping[str, Interval], measured: MeasureRecord | None
) -> ComparisonRow:
    """One row from the cells of one model and loss on one data set.

    Args:
        group: cells that differ in their seed alone.
        intervals: of the row, by score.
        measured: what the network costs, if that was measured.
    """
    cell = group[0].cell
    done = [one for one in group if one.status == "done"]
    scores = [found.scores for one in done if (found := one.score_of("selected"))]
    last = [found.scores.miou for one in done if (found := one.score_of("last"))]
    trained = [one.train for one in done if one.train]
    classes = dict.fromkeys(name for one in scores for name in one.iou)
    peak = measured.peak_memory_mib if measured else None
    means: dict[str, Any] = {
        name: over_seeds(getattr(one, name) for one in scores).mean for name in MEANS
    }
    return ComparisonRow(
        dataset=cell.dataset,
        model=cell.model,
        loss=cell.loss,
        seeds=tuple(one.cell.seed for one in done),
        planned_seeds=len(group),
        miou=over_seeds(one.miou for one in scores),
        last_miou=over_seeds(last).mean,
        iou={name: over_seeds(one.iou[name] for one in scores) for name in classes},
        classes_scored=tuple(sorted({one.classes_scored for one in scores})),
        parameters=over_seeds(float(one.parameters) for one in trained).mean,
        images_per_second=over_seeds(one.images_per_second for one in trained).mean,
        multiply_adds=float(measured.multiply_adds) if measured else math.nan,
        latency_ms=measured.latency_ms if measured else math.nan,
        peak_memory_mib=math.nan if peak is None else peak,
        measured_at=measured.place if measured else "",
        intervals=intervals,
        **means,
    )

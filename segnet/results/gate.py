"""The gate for merges: scores of a bench against those that were accepted before. No torch.

The medians over a group's seeds are compared, so that one unlucky training among three changes
nothing. A change counts if it is larger than the group's band
(:func:`segnet.results.accepted_scores.band`).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from segnet.errors import UserError
from segnet.results.accepted_scores import ARITHMETIC, SMALLEST_BAND, Baseline, BaselineGroup, band
from segnet.results.cells import CellResult, Results
from segnet.results.repetitions import Spreads
from segnet.results.spread import pooled_spread

Verdict = Literal["ok", "rise", "new", "drop", "missing", "outdated", "not finite", "gone"]
FAILURES: tuple[Verdict, ...] = ("drop", "missing", "outdated", "not finite", "gone")


@dataclass(frozen=True)
class Check:
    """One group of cells now and when it was accepted. What there is not is NaN."""

    group: str
    verdict: Verdict
    accepted: float
    """Median mIoU over the accepted seeds."""
    now: float
    """Median mIoU over the same seeds."""
    band: float
    seeds: tuple[int, ...]
    detail: str
    """The cells and reasons behind the verdict; empty for ``ok``."""

    @property
    def failed(self) -> bool:
        """Whether a merge must not happen."""
        return self.verdict in FAILURES

    @property
    def change(self) -> float:
        """The change of mIoU, now minus accepted."""
        return self.now - self.accepted


def group_name(one: CellResult) -> str:
    """``data set/model/loss``: what cells that differ in the seed alone have in common."""
    return f"{one.cell.dataset}/{one.cell.model}/{one.cell.loss}"


def check_results(results: Results, accepted: Baseline) -> tuple[Check, ...]:
    """Every group of the bench, then those that were accepted and are no longer in it."""
    groups = group_cells(results)
    checks = [
        _check_group(name, cells, accepted.groups.get(name), band(accepted))
        for name, cells in groups.items()
    ]
    nan = math.nan
    for name, group in accepted.groups.items():
        if name not in groups:
            reason = "the bench no longer has this cell"
            checks.append(Check(name, "gone", group.median, nan, nan, tuple(group.miou), reason))
    return tuple(checks)


def group_cells(results: Results) -> dict[str, list[CellResult]]:
    """The cells of the bench by group, predictors that never see an image among them."""
    groups: dict[str, list[CellResult]] = {}
    for one in results.cells:
        groups.setdefault(group_name(one), []).append(one)
    return groups


def accept(
    results: Results,
    command: str,
    *,
    before: Baseline | None = None,
    measured: Spreads | None = None,
) -> Baseline:
    """The scores of a bench as the new measure.

    Args:
        results: what is accepted.
        command: what is run.
        before: the measure until now; its spreads stay if nothing better is known.
        measured: the bench's spreads, if it was trained several times.

    Raises:
        UserError: if a cell is missing or has a score that is not finite.
    """
    groups = {}
    for name, cells in group_cells(results).items():
        broken = _missing(cells) or _outdated(cells) or _not_finite(cells)
        if broken:
            raise UserError(
                f"a baseline needs every cell of bench '{results.bench.name}': {broken}. "
                "Run `dvc repro` first."
            )
        evaluation = cells[0].evaluation
        assert evaluation is not None
        groups[name] = BaselineGroup(
            miou={one.cell.seed: _miou(one) for one in cells}, provenance=evaluation.provenance
        )
    seeds = pooled_spread(
        (list(one.miou.values()) for one in groups.values()), "the seeds of the baseline"
    )
    if before and before.seeds.degrees_of_freedom > seeds.degrees_of_freedom:
        seeds = before.seeds
    arithmetic = before.arithmetic if before else ARITHMETIC
    if measured:
        seeds = measured.seeds if measured.seeds.degrees_of_freedom else seeds
        arithmetic = measured.arithmetic if measured.arithmetic.degrees_of_freedom else arithmetic
    return Baseline(
        bench=results.bench.name,
        command=command,
        seeds=seeds,
        arithmetic=arithmetic,
        groups=groups,
    )


def _check_group(
    name: str,
    cells: list[CellResult],
    group: BaselineGroup | None,
    width: float,
) -> Check:
    nan = math.nan
    before = group.median if group else nan
    if group is None:
        width = nan
    elif cells[0].is_blind:  # nothing is trained
        width = SMALLEST_BAND
    seeds = tuple(group.miou) if group else tuple(one.cell.seed for one in cells)
    present = {one.cell.seed: one for one in cells}
    if lost := [seed for seed in seeds if seed not in present]:
        reason = f"the bench no longer has seed {', '.join(map(str, lost))}"
        return Check(name, "gone", before, nan, width, seeds, reason)
    if reason := _missing(cells):
        return Check(name, "missing", before, nan, width, seeds, reason)
    if reason := _outdated(cells):
        return Check(name, "outdated", before, nan, width, seeds, reason)
    if reason := _not_finite(cells):
        return Check(name, "not finite", before, nan, width, seeds, reason)
    now = statistics.median(_miou(present[seed]) for seed in seeds)
    if group is None:
        reason = "not in the baseline: `segbench check --update` takes it in"
        return Check(name, "new", nan, now, nan, seeds, reason)
    remarks = _remarks(cells, group)
    verdict: Verdict = "drop" if now - before < -width else "rise" if now - before > width else "ok"
    if verdict != "ok":
        remarks = [", ".join(present[seed].cell.slug for seed in seeds), *remarks]
    return Check(name, verdict, before, now, width, seeds, "; ".join(remarks))


def _remarks(cells: Sequence[CellResult], group: BaselineGroup) -> list[str]:
    """What a reader of a score should know beside the verdict; mostly nothing."""
    notes = []
    sources = [one.evaluation.provenance for one in cells if one.evaluation]
    if {one.data_fingerprint for one in sources} != {group.provenance.data_fingerprint}:
        notes.append("other data than the baseline's")
    if others := {one.precision for one in sources} - {group.provenance.precision}:
        notes.append(
            f"in {', '.join(sorted(others))}, the baseline in {group.provenance.precision}"
        )
    if extra := [one.cell.seed for one in cells if one.cell.seed not in group.miou]:
        notes.append(f"seed {', '.join(map(str, extra))} is not in the baseline")
    return notes


def _missing(cells: Sequence[CellResult]) -> str:
    """The cells without a result and why; empty if all have one."""
    return "; ".join(f"{one.cell.slug} {one.reason}" for one in cells if one.status != "done")


def _outdated(cells: Sequence[CellResult]) -> str:
    """The cells that were trained with other settings, and which; empty if there is none."""
    return "; ".join(
        f"{one.cell.slug} was trained with another {', '.join(one.outdated)}: run `dvc repro`"
        for one in cells
        if one.outdated
    )


def _not_finite(cells: Sequence[CellResult]) -> str:
    """The cells with a score that is not finite, and which; empty if there is none."""
    found = []
    for one in cells:
        assert one.evaluation is not None
        names = ["miou", "pixel_accuracy", "class_accuracy", "fwiou"]
        names += [] if one.is_blind else ["cross_entropy", "dice"]  # they have no logits
        for evaluation in one.evaluation.evaluations:
            broken = [name for name in names if not math.isfinite(getattr(evaluation.scores, name))]
            found += [f"{one.cell.slug} {evaluation.checkpoint} {name}" for name in broken]
    return "; ".join(found)


def _miou(one: CellResult) -> float:
    """Test mIoU of the selected checkpoint of a cell that is done."""
    evaluation = one.score_of("selected")
    assert evaluation is not None
    return evaluation.scores.miou


def markdown(checks: Sequence[Check], title: str) -> str:
    """The checks as a Markdown table, in percent, and below it what is behind each verdict."""
    failed = sum(one.failed for one in checks)
    verdict = f"**{failed} of {len(checks)} failed**" if failed else f"all {len(checks)} pass"
    lines = [
        f"### segbench check: {title}, {verdict}",
        "",
        "| data set / model / loss | seeds | baseline mIoU % | now | change | band | verdict |",
        "| --- | --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for one in checks:
        seeds = ", ".join(map(str, one.seeds))
        word = f"**{one.verdict}**" if one.failed else one.verdict
        numbers = " | ".join(
            (
                _percent(one.accepted),
                _percent(one.now),
                _percent(one.change, "+"),
                _percent(one.band),
            )
        )
        lines.append(f"| {one.group} | {seeds} | {numbers} | {word} |")
    lines += ["", "mIoU on test, the median over the seeds."]
    details = [f"- {one.group}: {one.verdict}: {one.detail}" for one in checks if one.detail]
    return "\n".join([*lines, *([""] if details else []), *details]) + "\n"


def _percent(fraction: float, sign: str = "") -> str:
    return "-" if math.isnan(fraction) else f"{100 * fraction:{sign}.2f}"

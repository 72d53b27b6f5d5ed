"""How wide intervals of scores and of differences must be to keep their promise. No torch.

Two things make a score uncertain (Bouthillier et al. 2021, "Accounting for variance in machine
learning benchmarks", arXiv 2103.03098):

- *Which images are in the test split.* The variance is the jackknife's over blocks, which errs
  upwards (Efron and Stein 1981, "The jackknife estimate of variance", Annals of Statistics 9).
- *How this training happened to go.* The variance of a mean over seeds. The interval of one score
  leaves it out, because the table shows it beside the score; that of a difference holds it.

A variance from a dozen blocks or from three seeds is hardly known, and the percentiles of a
bootstrap that draws the blocks again are as narrow as if it were. Intervals are therefore
Student's, with the degrees of freedom of Satterthwaite (1946, "An approximate distribution of
estimates of variance components", Biometrics Bulletin 2) and Welch (1947, "The generalization of
Student's problem when several different population variances are involved", Biometrika 34).
:mod:`segnet.statistics.simulation` shows that they hold as often as they say.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from segnet.statistics.intervals import Difference, Interval
from segnet.statistics.jackknife import Changes, Jackknifed

LEVEL = 0.95

MAX_LIKENESS = 0.9
"""Correlation of neighbouring frames beyond which blocks are not widened further: there, blocks of
20 frames are too short to say anything."""


class Variance(NamedTuple):
    """An estimated variance."""

    value: float
    degrees: float
    """Degrees of freedom: on how many independent numbers it rests."""


def interval(of: Jackknifed, score: str = "miou") -> Interval:
    """The 95 % interval over test images of one score of one model; NaN if nothing is known.

    Raises:
        UserError: for a score that is not there.
    """
    mean = float(of.scores_of(score).mean())
    variance = image_variance(of.changes.of_score(score))
    margin = half_width([variance], LEVEL)
    if math.isnan(mean - margin):
        return Interval(math.nan, math.nan, math.nan)
    return Interval(max(0.0, mean - margin), min(1.0, mean + margin), math.sqrt(variance.value))


def compare_pairs(
    jackknifed: Mapping[str, Jackknifed], models: Sequence[str]
) -> tuple[Difference, ...]:
    """The mIoU of every two of these models on the same images, in their order.

    Comparing all pairs of a table by 95 % intervals would show a difference where there is none in
    one of twenty pairs. The intervals are therefore Bonferroni's (Dunn 1961, "Multiple comparisons
    among means", JASA 56): at level ``1 - 0.05 / pairs`` each, all of them hold together with at
    least 95 %. Holm's procedure would show a little more, but gives each interval a level of its
    own; here a pair is shown to differ only if the printed interval excludes 0.

    With one seed of both the verdict is about these trained weights on such images, never a ranking
    over trainings.
    """
    pairs = list(combinations(models, 2))
    level = 1 - (1 - LEVEL) / max(1, len(pairs))
    pooled = spread_over_seeds(jackknifed[model].scores_of("miou") for model in models)
    differences = []
    for first, second in pairs:
        ours, theirs = jackknifed[first], jackknifed[second]
        seeds = (ours.scores_of("miou"), theirs.scores_of("miou"))
        changes = ours.changes.of_score("miou") - theirs.changes.of_score("miou")
        difference = float(seeds[0].mean() - seeds[1].mean())
        margin = half_width([image_variance(changes), seed_variance(*seeds, pooled)], level)
        differences.append(
            Difference(
                first=first,
                second=second,
                difference=difference,
                low=difference - margin,
                high=difference + margin,
                seeds=(len(seeds[0]), len(seeds[1])),
            )
        )
    return tuple(differences)


def image_variance(changes: Changes) -> Variance:
    """The jackknife's over blocks; NaN where one block stands alone.

    Blocks of a hard video vary more than others, and videos differ in their means. Student's
    interval with a degree of freedom less than there are blocks then errs on the safe side
    (Ibragimov and Müller 2010, "t-statistic based correlation and heterogeneity robust inference",
    Journal of Business & Economic Statistics 28).

    Sums of a video's blocks vary less than the video does, because the end of a block is like the
    beginning of the next: by ``2 r / (1 - r^2)`` over the block's length where the correlation of
    frames falls off as ``r``, ``r^2``, ... (Flegal and Jones 2010, "Batch means and spectral
    variance estimators in Markov chain Monte Carlo", Annals of Statistics 38, section 3). That is
    estimated too, which costs a degree of freedom for each video.
    """
    number = len(changes.of_blocks)
    if number < 2:
        return Variance(math.nan, 1)
    value = (number - 1) / number * float((changes.of_blocks**2).sum())
    degrees = max(1, number - 1 - len(changes.of_videos))
    if changes.of_videos:
        alike = likeness(changes.of_videos)
        frames = sum(map(len, changes.of_videos))
        value /= 1 - min(0.5, 2 * alike / (1 - alike**2) * number / frames)
    return Variance(value, degrees)


def likeness(videos: Sequence[Float64[np.ndarray, " _"]]) -> float:
    """Correlation of neighbouring frames of a video, from 0 to :data:`MAX_LIKENESS`."""
    deviations = [video - video.mean() for video in videos]
    square = sum(float((one**2).sum()) for one in deviations)
    neighbours = sum(float((one[1:] * one[:-1]).sum()) for one in deviations)
    return min(max(neighbours / square, 0.0), MAX_LIKENESS) if square > 0 else 0.0


def spread_over_seeds(rows: Iterable[Float64[np.ndarray, " _"]]) -> Variance:
    """The variance of single trainings, pooled over the rows of a table that have several seeds.

    Three seeds of one row are too few: one row in twenty would show a fifth of its true spread.
    NaN where no row has several.
    """
    several = [one for one in rows if len(one) > 1]
    degrees = sum(len(one) - 1 for one in several)
    squares = sum(float(np.var(one)) * len(one) for one in several)
    return Variance(squares / degrees if degrees else math.nan, degrees)


def seed_variance(
    ours: Float64[np.ndarray, " ours"], theirs: Float64[np.ndarray, " theirs"], pooled: Variance
) -> Variance:
    """That of a difference of means over seeds; 0 where both rows have one seed, which shows none.

    Trainings of a row are taken to vary as those of the table do, or more where its own seeds do.
    A row with one seed is taken to vary as the other row.
    """
    known = [float(np.var(one, ddof=1)) for one in (ours, theirs) if len(one) > 1]
    if not known:
        return Variance(0, 1)
    first, *_, last = [max(one, pooled.value) for one in known] * 2
    return Variance(first / len(ours) + last / len(theirs), pooled.degrees)


def half_width(variances: Sequence[Variance], level: float) -> float:
    """Half of Student's interval for a sum of independent errors with these variances."""
    total = sum(one.value for one in variances)
    if not total > 0:
        return total
    from scipy.special import stdtrit

    degrees = total**2 / sum(one.value**2 / one.degrees for one in variances)
    return math.sqrt(total) * float(stdtrit(degrees, (1 + level) / 2))

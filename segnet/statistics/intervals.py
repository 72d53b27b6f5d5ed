"""How sure scores and their differences are: intervals over images, spread over seeds. No torch.

Two things make a score uncertain, and they are kept apart (Bouthillier et al. 2021, "Accounting for
variance in machine learning benchmarks", arXiv 2103.03098):

- *Which images are in the test split.* The interval: the percentile interval of the bootstrap
  (Efron and Tibshirani 1993, "An introduction to the bootstrap", chapter 13).
- *How this training happened to go.* The standard deviation over seeds. One seed has none, and no
  interval over images stands in for it.

A model with several seeds scores the mean over its seeds, in every resample too. Models are
compared on the same resamples, so that a hard image is hard for both.

Comparing all pairs of a table by 95 % intervals would show a difference where there is none in one
of twenty pairs. The intervals of :func:`compare_pairs` are therefore Bonferroni's (Dunn 1961,
"Multiple comparisons among means", JASA 56): at level ``1 - 0.05 / pairs`` each, all of them hold
together with at least 95 %. Holm's procedure would show a little more, but gives each interval a
level of its own; here a pair is shown to differ only if the printed interval excludes 0.

Where both models have several seeds, the difference must also exceed what the seeds explain: the
half-width of the 95 % interval of Welch's t (1947, "The generalization of Student's problem when
several different population variances are involved", Biometrika 34). With one seed the verdict is
about these trained weights on such images, never a ranking over trainings.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Float64, Int8

from segnet.statistics.bootstrap import Resampled

LEVEL = 0.95
NO_DIFFERENCE = "no difference shown"
ONE_SEED = "one seed: not a ranking over trainings"


@dataclass(frozen=True)
class Uncertainty:
    """A score, a fraction of one, with its interval over images and its spread over seeds."""

    score: float
    """Mean over the seeds, on the test images themselves."""
    low: float
    high: float
    """95 % percentile interval over images."""
    image_sd: float
    """Standard deviation of the score over resamples of the images."""
    seeds: tuple[float, ...]
    """The score of each seed."""
    undefined_share: float
    """Share of resamples where the score is 0/0, as for a class that was not drawn; they are left
    out of the interval."""
    scheme: str
    """How images were drawn, which belongs beside the interval."""

    @property
    def seed_sd(self) -> float:
        """Sample standard deviation (n - 1) over seeds; NaN for one seed."""
        return float(np.std(self.seeds, ddof=1)) if len(self.seeds) > 1 else math.nan


@dataclass(frozen=True)
class Difference:
    """The score of ``first`` minus that of ``second`` on the same images."""

    first: str
    second: str
    difference: float
    low: float
    high: float
    image_sd: float
    level: float
    """Level of the interval; more than 0.95 if it is one of several that hold together."""
    num_seeds: int
    """Seeds of the model that has fewer."""
    seed_error: float
    """Standard error of the difference over seeds, ``sqrt(sd1^2 / n1 + sd2^2 / n2)``; NaN with one
    seed. The interval does not hold it."""
    seed_margin: float
    """A difference that the seeds alone explain, at 95 %; NaN with one seed."""
    scheme: str
    """How images were drawn, which belongs beside the interval."""

    @property
    def sign(self) -> int:
        """1 or -1 if the interval excludes 0 and the seeds do not explain it, else 0."""
        if abs(self.difference) < self.seed_margin:
            return 0
        return int(self.low > 0) - int(self.high < 0)

    @property
    def verdict(self) -> str:
        """``segnet_v1 higher``, or ``no difference shown``."""
        if self.sign == 0:
            return NO_DIFFERENCE
        return f"{self.first if self.sign > 0 else self.second} higher"

    @property
    def remark(self) -> str:
        """What the verdict must not be read as; empty with two seeds or more of both models."""
        return ONE_SEED if self.num_seeds == 1 else ""

    def __str__(self) -> str:
        """``segnet_v1 - unet: +0.0210 [+0.0040, +0.0380] at 95 %: segnet_v1 higher``."""
        interval = f"{self.difference:+.4f} [{self.low:+.4f}, {self.high:+.4f}]"
        remark = f" ({self.remark})" if self.remark else ""
        words = f"{100 * self.level:.4g} %: {self.verdict}{remark}"
        return f"{self.first} - {self.second}: {interval} at {words}"


def uncertainty(resampled: Resampled, model: str, score: str | int = "miou") -> Uncertainty:
    """One score of one model with its interval over images and its spread over seeds.

    Args:
        resampled: scores on resamples of the test images.
        model: one of its models.
        score: a name of ``bootstrap.SCORES``, or a class index for its IoU.

    Raises:
        UserError: for a model or score that is not there.
    """
    seeds, draws = resampled.scores_of(model, score)
    defined = draws[~np.isnan(draws)]
    low, high = _percentile_interval(defined, LEVEL)
    return Uncertainty(
        score=float(seeds.mean()),
        low=low,
        high=high,
        image_sd=_standard_deviation(defined),
        seeds=tuple(seeds.tolist()),
        undefined_share=1 - len(defined) / len(draws),
        scheme=str(resampled.scheme),
    )


def compare(
    resampled: Resampled, first: str, second: str, score: str | int = "miou", *, pairs: int = 1
) -> Difference:
    """The score of ``first`` minus that of ``second``, resample by resample.

    Args:
        resampled: scores on resamples of the test images.
        first: one of its models.
        second: one of its models.
        score: a name of ``bootstrap.SCORES``, or a class index for its IoU.
        pairs: of how many intervals that hold together this is one.

    Raises:
        UserError: for a model or score that is not there.
    """
    our_seeds, our_draws = resampled.scores_of(first, score)
    their_seeds, their_draws = resampled.scores_of(second, score)
    draws = our_draws - their_draws
    defined = draws[~np.isnan(draws)]
    level = 1 - (1 - LEVEL) / pairs
    low, high = _percentile_interval(defined, level)
    errors = [_standard_deviation(one) / math.sqrt(len(one)) for one in (our_seeds, their_seeds)]
    return Difference(
        first=first,
        second=second,
        difference=float(our_seeds.mean() - their_seeds.mean()),
        low=low,
        high=high,
        image_sd=_standard_deviation(defined),
        level=level,
        num_seeds=min(len(our_seeds), len(their_seeds)),
        seed_error=math.hypot(*errors),
        seed_margin=_welch_margin(errors, [len(our_seeds), len(their_seeds)]),
        scheme=str(resampled.scheme),
    )


def compare_pairs(resampled: Resampled, score: str | int = "miou") -> tuple[Difference, ...]:
    """Every pair of models, in their order; the intervals hold together with at least 95 %."""
    pairs = list(combinations(resampled.models, 2))
    return tuple(
        compare(resampled, first, second, score, pairs=len(pairs)) for first, second in pairs
    )


def significance_matrix(
    models: Sequence[str], differences: Sequence[Difference]
) -> Int8[np.ndarray, "models models"]:
    """1 where the row's model is shown to be higher than the column's, -1 lower, 0 neither."""
    row = {name: at for at, name in enumerate(models)}
    matrix = np.zeros((len(models), len(models)), np.int8)
    for one in differences:
        matrix[row[one.first], row[one.second]] = one.sign
        matrix[row[one.second], row[one.first]] = -one.sign
    return matrix


def _percentile_interval(
    draws: Float64[np.ndarray, " resamples"], level: float
) -> tuple[float, float]:
    """The percentiles that cut off equal tails; NaN without a draw."""
    if not len(draws):
        return math.nan, math.nan
    tail = 50 * (1 - level)
    low, high = np.percentile(draws, (tail, 100 - tail))
    return float(low), float(high)


def _welch_margin(errors: Sequence[float], sizes: Sequence[int]) -> float:
    """Half the 95 % interval of a difference of two means with these standard errors."""
    error = math.hypot(*errors)
    if math.isnan(error) or error == 0:
        return error
    from scipy.special import stdtrit

    spread = sum(one**4 / (size - 1) for one, size in zip(errors, sizes, strict=True))
    return error * float(stdtrit(error**4 / spread, (1 + LEVEL) / 2))


def _standard_deviation(values: Float64[np.ndarray, " values"]) -> float:
    """Sample standard deviation (n - 1); NaN for fewer than two values."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else math.nan

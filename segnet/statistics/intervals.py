"""An interval of a score and a difference of two scores, as the report keeps them. No torch.

Two things make a score uncertain, and they are kept apart (Bouthillier et al. 2021, "Accounting for
variance in machine learning benchmarks", arXiv 2103.03098):

- *Which images are in the test split.* The interval: the percentile interval of the bootstrap
  (Efron and Tibshirani 1993, "An introduction to the bootstrap", chapter 13).
- *How this training happened to go.* The standard deviation over seeds. One seed has none, and no
  interval over images stands in for it.

Numpy is not needed to read them: `segbench compare` must answer at once.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, PlainSerializer

from segnet.schema import Score, Section

LEVEL = 0.95
NO_DIFFERENCE = "no difference shown"
ONE_SEED = "one seed: not a ranking over trainings"
WITHIN_SEEDS = "not beyond the spread over seeds"


def _joined(row: str | list[str]) -> str:
    return row if isinstance(row, str) else "/".join(row)


Row = Annotated[str, BeforeValidator(_joined), PlainSerializer(lambda row: row.split("/"))]
"""``segnet_v1/ce``: model and loss, which files keep as two words."""


class Interval(NamedTuple):
    """A 95 % interval of a score over test images, a fraction of one."""

    low: float
    high: float
    image_sd: float
    """Standard deviation of the score over resamples of the images."""


class Difference(Section):
    """The mIoU of ``first`` minus that of ``second``, on the same resamples of the test images."""

    first: Row
    second: Row
    difference: float
    low: Score
    high: Score
    num_seeds: int
    """Seeds of the model that has fewer."""
    seed_margin: Score = math.nan
    """A difference that the seeds alone explain, at 95 %; NaN with one seed."""

    @property
    def sign(self) -> int:
        """1 or -1 if the interval excludes 0 and the seeds do not explain it, else 0."""
        return 0 if self._within_seeds else int(self.low > 0) - int(self.high < 0)

    @property
    def remark(self) -> str:
        """What the sign must not be read as, or why it is 0 although the interval excludes 0."""
        if self.num_seeds == 1:
            return ONE_SEED
        return WITHIN_SEEDS if self._within_seeds and self.low * self.high > 0 else ""

    @property
    def _within_seeds(self) -> bool:
        return abs(self.difference) < self.seed_margin

    def turned(self) -> Difference:
        """The same difference, seen from the other side."""
        ends = {"difference": -self.difference, "low": -self.high, "high": -self.low}
        return self.model_copy(update={"first": self.second, "second": self.first, **ends})

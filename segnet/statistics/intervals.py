"""An interval of a score and a difference of two scores, as the report keeps them. No torch.

Numpy is not needed to read them: `segbench compare` must answer at once. How they are computed is
in :mod:`segnet.statistics.margins`.
"""

from __future__ import annotations

from typing import NamedTuple

from segnet.schema import Score, Section

NO_DIFFERENCE = "no difference shown"
ONE_SEED = "one seed: not a ranking over trainings"
ONE_SPREAD = "one seed of one row: its spread is taken to be the other row's"


class Interval(NamedTuple):
    """A 95 % interval of a score over test images, a fraction of one."""

    low: float
    high: float
    image_sd: float
    """Standard error of the score over test images."""


class Difference(Section):
    """The mIoU of ``first`` minus that of ``second`` on the same images."""

    first: str
    """``segnet_v1/ce``: model and loss."""
    second: str
    difference: float
    low: Score
    high: Score
    """Interval over test images, and over trainings where a spread over seeds is known; all pairs
    of a table hold together at 95 %."""
    seeds: tuple[int, int]
    """Seeds of the two."""

    @property
    def sign(self) -> int:
        """1 or -1 if the interval excludes 0, else 0."""
        return int(self.low > 0) - int(self.high < 0)

    @property
    def remark(self) -> str:
        """What the sign rests on or must not be read as; empty with several seeds of both."""
        if max(self.seeds) == 1:
            return ONE_SEED
        return ONE_SPREAD if min(self.seeds) == 1 else ""

    def turned(self) -> Difference:
        """The same difference, seen from the other side."""
        return Difference(
            first=self.second,
            second=self.first,
            difference=-self.difference,
            low=-self.high,
            high=-self.low,
            seeds=(self.seeds[1], self.seeds[0]),
        )

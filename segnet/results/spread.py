"""How far scores scatter by chance, and how well that is known. No torch.

Two things scatter the scores of one code: the seed, and for one seed the arithmetic, which differs
between processors, instruction sets, numbers of threads and versions of libraries.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence

from pydantic import Field

from segnet.errors import UserError
from segnet.schema import Section

CONFIDENCE = 0.9
"""Of the upper bound. It is 1.4 times the standard deviation of ten degrees of freedom and 3.1
times that of three runs, which have two: more runs make a narrower band."""
LARGEST_SD = 0.2
"""A gate with a larger spread lets everything pass."""


class Spread(Section):
    """A standard deviation of mIoU as it was measured, and from how many runs."""

    sd: float = Field(ge=0, le=LARGEST_SD)
    """Pooled over several samples; 0 if there is none."""
    degrees_of_freedom: int = Field(ge=0)
    """Runs without the first of each sample."""
    source: str
    """What was run."""

    @property
    def bound(self) -> float:
        """What the true standard deviation exceeds in one case of ten only.

        The upper confidence limit for normal scores, ``sd * sqrt(f / quantile(1 - CONFIDENCE, f))``
        with f degrees of freedom (NIST/SEMATECH e-Handbook of Statistical Methods, 7.2.3.1).
        """
        freedom = self.degrees_of_freedom
        if not freedom:
            return 0.0
        from scipy.special import chdtri

        return self.sd * math.sqrt(freedom / float(chdtri(freedom, CONFIDENCE)))


def pooled_spread(samples: Iterable[Sequence[float]], source: str) -> Spread:
    """The spread within samples that may differ in their means; one of a single run adds none.

    Raises:
        UserError: if the scores scatter so far that no gate can tell a change from chance.
    """
    known = [sample for sample in samples if len(sample) > 1]
    freedom = sum(len(sample) - 1 for sample in known)
    squares = sum(statistics.variance(sample) * (len(sample) - 1) for sample in known)
    sd = math.sqrt(squares / freedom) if freedom else 0.0
    if sd > LARGEST_SD:
        raise UserError(
            f"{source}: mIoU scatters by {sd:.2f}, so that nothing could be told from it. Train "
            "longer or with a lower learning rate."
        )
    return Spread(sd=sd, degrees_of_freedom=freedom, source=source)

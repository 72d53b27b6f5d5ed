"""How far scores scatter, against a printed table and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from segnet.errors import UserError
from segnet.results.spread import CONFIDENCE, Spread, pooled_spread


def test_bound_of_few_runs_is_far_above_their_deviation_and_of_many_near() -> None:
    # quantiles at 0.1 from a printed table of chi-square: 0.211, 4.865 and 82.358
    for freedom, quantile in ((2, 0.211), (10, 4.865), (100, 82.358)):
        spread = Spread(sd=0.01, degrees_of_freedom=freedom, source="")
        assert spread.bound == pytest.approx(0.01 * math.sqrt(freedom / quantile), rel=2e-3)


def test_true_deviation_exceeds_the_bound_in_one_case_of_ten() -> None:
    random = np.random.default_rng(0)
    bounds = [
        pooled_spread([list(random.normal(0.5, 0.01, 3)) for _ in range(2)], "").bound
        for _ in range(2000)
    ]
    exceeded = np.mean(np.array(bounds) < 0.01)
    assert exceeded == pytest.approx(1 - CONFIDENCE, abs=0.02)  # 3 standard errors


def test_samples_are_pooled_about_their_own_means() -> None:
    # squares about the means: 0.02 + 0.005, over 2 + 1 degrees of freedom
    spread = pooled_spread([[0.1, 0.2, 0.3], [0.8, 0.9], [0.7]], "by hand")
    assert spread.sd == pytest.approx(math.sqrt(0.025 / 3))
    assert (spread.degrees_of_freedom, spread.source) == (3, "by hand")


def test_scores_that_scatter_everywhere_are_no_measure() -> None:
    with pytest.raises(UserError, match=r"two seeds: mIoU scatters by 0\.42"):
        pooled_spread([[0.1, 0.7]], "two seeds")


def test_single_runs_tell_nothing() -> None:
    spread = pooled_spread([[0.5], [0.7]], "")
    assert (spread.sd, spread.degrees_of_freedom, spread.bound) == (0, 0, 0)

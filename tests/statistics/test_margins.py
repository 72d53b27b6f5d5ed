"""How wide intervals of scores and of differences are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from camvid_stand_in import stand_in
from fake_results import count_pairs
from jaxtyping import Float64, Int64
from random_counts import MODELS, TRUTH, Counts, random_counts, stills
from scipy import stats

from segnet.datasets import camvid
from segnet.scoring.counts import metrics
from segnet.statistics.blocks import plan_blocks
from segnet.statistics.intervals import ONE_SEED, ONE_SPREAD, Difference
from segnet.statistics.jackknife import Changes, SeedCounts, jackknife
from segnet.statistics.margins import (
    Variance,
    compare_pairs,
    half_width,
    image_variance,
    interval,
    likeness,
    seed_variance,
    spread_over_seeds,
)

MIRROR = os.environ.get("SEGBENCH_MIRROR")


def compare(first: SeedCounts, second: SeedCounts) -> Difference:
    counts = {"first": first, "second": second}
    (found,) = compare_pairs(jackknife(counts, plan_blocks(stills(first.shape[1]))), tuple(counts))
    return found


def counts_of_accuracy(accuracy: Float64[np.ndarray, " frames"]) -> Counts:
    right = np.rint(accuracy * 10_000).astype(np.int64)
    counts = np.zeros((len(accuracy), 2, 2), np.int64)
    counts[:, 0, 0], counts[:, 0, 1] = right, 10_000 - right
    return counts


def test_the_interval_of_a_mean_over_stills_is_students() -> None:
    accuracy = np.rint(np.random.default_rng(0).uniform(0.5, 0.9, 12) * 10_000) / 10_000
    table = jackknife({"m": counts_of_accuracy(accuracy)[None]}, plan_blocks(stills(12)))
    found = interval(table["m"], "pixel_accuracy")
    expected = stats.ttest_1samp(accuracy, 0).confidence_interval(0.95)
    assert found[:2] == pytest.approx(tuple(expected))
    assert found.image_sd == pytest.approx(stats.sem(accuracy))


def test_the_interval_agrees_with_scipys_bootstrap_on_stills() -> None:
    counts = MODELS["model0"][0]

    def miou_of(drawn: Int64[np.ndarray, "... n"], axis: int) -> Float64[np.ndarray, ...]:
        return metrics.miou(counts[drawn].sum(-3))

    theirs = stats.bootstrap(
        (np.arange(40),), miou_of, n_resamples=5000, method="BCa", rng=0, batch=500
    )
    ours = interval(jackknife(MODELS, plan_blocks(stills(40)))["model0"])
    width = ours.high - ours.low
    assert ours.image_sd == pytest.approx(theirs.standard_error, rel=0.06)
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=0.06 * width)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=0.06 * width)


def test_scores_stay_between_0_and_1() -> None:
    accuracy = np.array([1, 1, 0.9])
    table = jackknife({"m": counts_of_accuracy(accuracy)[None]}, plan_blocks(stills(3)))
    assert interval(table["m"], "pixel_accuracy").high == 1


def series(seed: int, frames: int, correlation: float) -> Float64[np.ndarray, " frames"]:
    """A stationary AR(1) series of standard deviation 1."""
    noise = np.random.default_rng(seed).normal(size=frames)
    found = noise.copy()
    for frame in range(1, frames):
        found[frame] = correlation * found[frame - 1] + (1 - correlation**2) ** 0.5 * noise[frame]
    return found


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.7])
def test_the_variance_of_the_mean_of_a_video_is_the_true_one(correlation: float) -> None:
    """Blocks of 20 alone give 13 % less than that at 0.7."""
    frames, blocks = 240, 12
    lags = frames - np.arange(1, frames)
    true = (frames + 2 * (lags * correlation ** np.arange(1, frames)).sum()) / frames**2
    found = []
    for seed in range(1500):
        values = series(seed, frames, correlation)
        sums = values.reshape(blocks, -1).sum(1)
        without = (values.sum() - sums) / (frames - 20) - values.mean()
        changes = Changes(without, ((values.mean() - values) / (frames - 1),))
        found.append(image_variance(changes).value)
    assert np.mean(found) == pytest.approx(true, rel=0.04)


def test_likeness_is_that_of_neighbours_within_each_video() -> None:
    videos = [10 * number + series(number, 5000, 0.6) for number in range(2)]
    assert likeness(videos) == pytest.approx(0.6, abs=0.03)
    assert likeness([np.array([1.0, -1.0, 1.0, -1.0])]) == 0
    assert likeness([np.linspace(0, 1, 500)]) == 0.9
    assert likeness([np.zeros(5)]) == 0


def test_blocks_cover_the_truth_where_single_frames_do_not() -> None:
    """Nominal coverage is 95 %; counting frames one by one reaches about half on this series."""
    covered = {20: 0, 1: 0}
    for seed in range(100):
        accuracy = np.clip(0.7 + 0.05 * series(seed, 200, 0.8), 0, 1)
        counts = {"m": counts_of_accuracy(accuracy)[None]}
        sequences = {20: ["video"] * 200, 1: stills(200)}
        for frames, split in sequences.items():
            low, high, _ = interval(jackknife(counts, plan_blocks(split))["m"], "pixel_accuracy")
            covered[frames] += low <= 0.7 <= high
    assert covered[1] / 100 < 0.65
    assert covered[20] / 100 > 0.88


def test_a_model_does_not_differ_from_itself() -> None:
    found = compare(MODELS["model0"], MODELS["model0"].copy())
    assert (found.difference, found.low, found.high, found.sign) == (0, 0, 0, 0)


def test_a_clearly_better_model_is_shown_to_be() -> None:
    good = random_counts(7, TRUTH, recall=0.8)[None]
    found, mirrored = compare(good, MODELS["model0"]), compare(MODELS["model0"], good)
    assert found.low > 0
    assert (found.sign, mirrored.sign) == (1, -1)
    turned = found.turned()
    assert (turned.first, turned.second) == ("second", "first")
    assert (turned.low, turned.high) == pytest.approx((mirrored.low, mirrored.high))


def test_models_are_compared_on_the_same_images() -> None:
    """A predictor and one that is right on a few pixels more differ by much less than they vary."""
    first = MODELS["model0"][0]
    second = first.copy()
    moved = np.minimum(first[:, 0, 1], 20)
    second[:, 0, 1] -= moved
    second[:, 0, 0] += moved
    found = compare(second[None], first[None])
    alone = interval(jackknife(MODELS, plan_blocks(stills(40)))["model0"])
    assert found.high - found.low < (alone.high - alone.low) / 10
    assert found.sign == 1


def test_intervals_of_a_table_hold_together() -> None:
    table = jackknife(MODELS, plan_blocks(stills(40)))
    together = compare_pairs(table, tuple(MODELS))
    assert [(one.first, one.second) for one in together] == [
        ("model0", "model1"),
        ("model0", "model2"),
        ("model1", "model2"),
    ]
    wider = stats.t.ppf(1 - 0.05 / 6, 39) / stats.t.ppf(1 - 0.05 / 2, 39)
    for one in together:
        (alone,) = compare_pairs(table, (one.first, one.second))
        assert one.high - one.low == pytest.approx(wider * (alone.high - alone.low))
        assert (one.low + one.high) / 2 == pytest.approx(one.difference)


def test_numbers_do_not_depend_on_the_other_models() -> None:
    blocks = plan_blocks(["a"] * 25 + ["b"] * 15, block_frames=5)
    alone = jackknife({"model2": MODELS["model2"]}, blocks)["model2"]
    assert interval(jackknife(MODELS, blocks)["model2"]) == interval(alone)


def test_the_spread_over_seeds_of_two_rows_alike_is_students() -> None:
    ours, theirs = np.array([0.50, 0.53, 0.55]), np.array([0.41, 0.44, 0.46])
    expected = stats.ttest_ind(ours, theirs).confidence_interval(0.99)
    pooled = spread_over_seeds([ours, theirs, np.array([0.3])])
    found = half_width([seed_variance(ours, theirs, pooled)], 0.99)
    assert found == pytest.approx((expected.high - expected.low) / 2)


def test_the_spread_of_one_side_stands_for_both() -> None:
    """Three trainings with sd 0.02 and a single one: t of 2 degrees of freedom, 4.3027."""
    ours, single = np.array([0.50, 0.52, 0.54]), np.array([0.60])
    pooled = spread_over_seeds([ours, single])
    expected = 4.3027 * 0.02 * (1 / 3 + 1) ** 0.5
    for pair in ((ours, single), (single, ours)):
        found = half_width([seed_variance(*pair, pooled)], 0.95)
        assert found == pytest.approx(expected, rel=1e-4)
    assert seed_variance(single, single, pooled).value == 0


def test_a_row_varies_as_the_others_do_or_more() -> None:
    """Variances of 0.0001, 0 and 0.0008, two degrees each: 0.0003 together."""
    steady, same, wild = (np.array([0.5 - sd, 0.5, 0.5 + sd]) for sd in (0.01, 0.0, 0.0008**0.5))
    pooled = spread_over_seeds([steady, same, wild])
    assert pooled == pytest.approx((0.0003, 6))
    assert seed_variance(steady, same, pooled).value == pytest.approx(2 * 0.0003 / 3)
    assert seed_variance(wild, same, pooled).value == pytest.approx((0.0008 + 0.0003) / 3)
    assert np.isnan(spread_over_seeds([np.array([0.5])]).value)


def test_an_interval_holds_what_images_and_seeds_explain_together() -> None:
    """Equal variances of the same degrees add up: twice the variance, twice the degrees."""
    found = half_width([Variance(0.01, 2), Variance(0.01, 2)], 0.95)
    assert found == pytest.approx(stats.t.ppf(0.975, 4) * 0.02**0.5)


def test_a_difference_that_the_seeds_explain_is_not_shown() -> None:
    """Seeds that differ much, images that do not."""
    right, wrong = np.diag([90, 90]), np.array([[0, 90], [90, 0]])
    first = np.stack([[right * (9 - seed) + wrong * seed] * 40 for seed in (1, 4, 2)])
    second = np.stack([[right * (9 - seed) + wrong * seed] * 40 for seed in (2, 4, 2)])
    assert compare(first, second).sign == 0
    assert compare(first, second).remark == ""
    assert compare(first[:1], second[:1]).sign == 1
    assert compare(first[:1], second[:1]).remark == ONE_SEED
    assert compare(first, second[:1]).sign == 0
    assert compare(first, second[:1]).remark == ONE_SPREAD


def test_nothing_known_is_no_interval_and_no_difference() -> None:
    nothing = np.zeros((1, 10, 3, 3), np.int64)
    empty = jackknife({"m": nothing}, plan_blocks(stills(10)))["m"]
    assert np.isnan(interval(empty)).all()
    one_image = jackknife({"m": MODELS["model0"][:, :1]}, plan_blocks(stills(1)))["m"]
    assert np.isnan(interval(one_image)).all()
    assert compare(nothing, nothing).sign == 0


def test_reading_intervals_loads_nothing_heavy() -> None:
    heavy = ("torch", "scipy", "pandas", "numpy")
    code = (
        f"import sys, segnet.statistics.intervals; sys.exit(any(m in sys.modules for m in {heavy}))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.slow
@pytest.mark.skipif(MIRROR is None, reason="SEGBENCH_MIRROR is not set")
def test_frames_of_camvid_taken_one_by_one_understate_the_interval() -> None:
    """The stand-in prediction for a frame is the label of the frame before it in its video.

    Scores and the deviation of single frames were computed independently. So was that of moving
    blocks, 0.025 to 0.032 for blocks of 10 to 40.
    """
    pairs = camvid.find_pairs(Path(str(MIRROR)) / "camvid")["test"]
    masks = [camvid.read_pair(*pair).mask for pair in pairs.values()]
    sequences = [camvid.sequence_of(name) for name in pairs]
    predicted = stand_in(masks, sequences)
    counts = count_pairs(np.stack(masks), np.stack(predicted), 11)[None]
    single = jackknife({"stand-in": counts}, plan_blocks(stills(len(masks))))["stand-in"]
    for score, expected in (
        ("miou", 0.4370),
        ("pixel_accuracy", 0.8014),
        ("class_accuracy", 0.5591),
    ):
        assert single.scores_of(score) == pytest.approx(expected, abs=5e-5)
    assert interval(single).image_sd == pytest.approx(0.0105, abs=5e-4)
    for block_frames in (10, 20, 40):
        blocks = plan_blocks(sequences, block_frames=block_frames)
        found = interval(jackknife({"stand-in": counts}, blocks)["stand-in"])
        assert 0.025 < found.image_sd < 0.045

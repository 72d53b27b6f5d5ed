"""The draws of the bootstrap, by plain integers, and what is added up over models."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from segnet.statistics.bootstrap import resample_scores
from segnet.statistics.intervals import LEVEL
from segnet.statistics.resampling import RESAMPLES, draw_resamples, plan_resampling


def naive_draws(positions: list[int], block: int, stream: str, resamples: int) -> list[list[int]]:
    """Frames of each resample: circular blocks from the upper halves of PCG64's words."""
    seed = int.from_bytes(hashlib.sha256(stream.encode()).digest()[:8], "big") >> 1
    bits = np.random.PCG64(seed)
    drawn = []
    for _ in range(resamples):
        frames: list[int] = []
        for _ in range(-(-len(positions) // block)):
            start = ((int(bits.random_raw()) >> 32) * len(positions)) >> 32
            frames += [positions[(start + step) % len(positions)] for step in range(block)]
        drawn.append(frames[: len(positions)])
    return drawn


def test_draws_are_circular_blocks_of_a_stream_of_each_video() -> None:
    sequences = ["a"] * 7 + ["b"] * 7 + ["still", "other"]
    scheme = plan_resampling(sequences, block_frames=3, stream="camvid")
    (weights,) = draw_resamples(scheme, 20)
    strata = [(list(range(7)), 3), (list(range(7, 14)), 3), ([14, 15], 1)]
    expected = np.zeros((20, 16))
    for number, (positions, block) in enumerate(strata):
        stream = f"0/bootstrap/camvid/{number}"
        for row, frames in enumerate(naive_draws(positions, block, stream, 20)):
            for frame in frames:
                expected[row, frame] += 1
    np.testing.assert_array_equal(weights, expected)


def test_a_report_says_95_percent_and_ten_thousand_resamples() -> None:
    counts = np.ones((1, 3, 2, 2), np.int64)
    resampled = resample_scores({"model": counts}, plan_resampling(["a", "b", "c"]))
    assert (LEVEL, len(resampled.draws)) == (0.95, 10_000)
    assert RESAMPLES == 10_000


def test_classes_lost_are_those_of_the_model_that_loses_most() -> None:
    """Class 1 is true in one image of ten; the second model also predicts class 2 in another."""
    counts = np.zeros((1, 10, 3, 3), np.int64)
    counts[:, :, 0, 0] = 100
    counts[:, 5, 1, 1] = 10
    other = counts.copy()
    other[:, 7, 0, 0], other[:, 7, 0, 2] = 90, 10
    scheme = plan_resampling([str(image) for image in range(10)])
    both = resample_scores({"one": counts, "other": other}, scheme)
    alone = resample_scores({"other": other}, scheme)
    assert both.classes_lost() == alone.classes_lost()
    assert both.classes_lost() == pytest.approx(2 * 0.9**10, abs=0.02)

"""How often intervals miss, where the truth is known. ``python -m segnet.statistics.simulation``.

Models that are equally good by design are scored on test splits like CamVid's: two videos of 62 and
171 frames and eleven classes, some of them rare. The amount of each class, how hard it is for all
models and how well each model does wander from frame to frame with the given correlation; with
several seeds, trainings of a model differ too. Each table of ten models has 45 true differences
of 0. Printed are the share of tables in which any pair is shown to differ, which must not exceed
.05, and the shares of single 95 % intervals that hold the truth, of pairs and of scores.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from itertools import combinations, product
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

from segnet.scoring.counts.metrics import miou
from segnet.statistics.blocks import plan_blocks
from segnet.statistics.jackknife import jackknife
from segnet.statistics.margins import compare_pairs, interval

VIDEOS = ("0001TP",) * 62 + ("Seq05VD",) * 171
STILLS = tuple(f"image{number}" for number in range(100))
PIXELS = np.array([17, 24, 1, 30, 6, 10, 1.2, 1.1, 4, 0.7, 0.6]) * 1000
"""Of each class in a frame, on average: about CamVid's shares."""
EASE = np.linspace(2.5, -0.5, len(PIXELS))
"""Log odds that a pixel of a class is right."""
TRAINING_SD = 0.1
"""Standard deviation over trainings of these log odds."""
SEEDS = {"1": (1,) * 10, "3": (3,) * 10, "3 of 2 rows": (3, 3, *(1,) * 8)}
SPLITS = (("video", 0.0), ("video", 0.5), ("video", 0.7), ("stills", 0.0))
LONG = 50_000
"""Frames that stand for all."""


class Misses(NamedTuple):
    """What a simulation of many tables found."""

    family_error: float
    """Share of the tables in which any pair of equally good models is shown to differ."""
    pair_coverage: float
    """Share of single 95 % intervals of a difference that hold 0."""
    score_coverage: float
    """Share of 95 % intervals of a score that hold what the weights score on all images."""


def simulate(
    sequences: Sequence[str], correlation: float, seeds: Sequence[int], tables: int
) -> Misses:
    """Draw tables of equally good models and count the intervals that miss.

    Args:
        sequences: the video of each image.
        correlation: of neighbouring frames, in all that varies.
        seeds: how many of each model. With several of any, trainings differ, and no score has a
            truth that its interval speaks of: the coverage of scores is NaN.
        tables: how many.
    """
    random = np.random.default_rng([round(100 * correlation), len(sequences), *seeds])
    blocks = plan_blocks(sequences)
    names = [f"model{row}" for row in range(len(seeds))]
    sd = TRAINING_SD if max(seeds) > 1 else 0.0
    long_run = draw_counts(random, ["endless"] * LONG, correlation, EASE[None])
    truth = float(miou(long_run.sum((0, 1)))) if sd == 0 else math.nan
    found = []
    for _ in range(tables):
        odds = EASE + sd * random.normal(size=(sum(seeds), len(EASE)))
        runs = draw_counts(random, sequences, correlation, odds)
        of_models = np.split(runs, np.cumsum(seeds)[:-1])
        table = jackknife(dict(zip(names, of_models, strict=True)), blocks)
        alone = [
            compare_pairs(table, (names[first], names[second]))[0].sign == 0
            for first, second in combinations(range(len(seeds)), 2)
            if sd == 0 or max(seeds[first], seeds[second]) > 1
        ]
        scores = [interval(of) for of in table.values()]
        held = [one.low <= truth <= one.high for one in scores] if sd == 0 else [math.nan]
        together = compare_pairs(table, names)
        differs = any(one.sign for one in together if sd == 0 or max(one.seeds) > 1)
        found.append([float(np.mean(one)) for one in ([differs], alone, held)])
    return Misses(*np.mean(found, axis=0).tolist())


def draw_counts(
    random: np.random.Generator,
    sequences: Sequence[str],
    correlation: float,
    odds: Float64[np.ndarray, "runs classes"],
) -> Int64[np.ndarray, "runs n classes classes"]:
    """Confusion counts of several runs on the same frames; what is not right is the next class."""
    runs, num_classes = odds.shape
    drawn = wander(random, sequences, correlation, (runs + 2, num_classes))
    truth = np.rint(PIXELS * np.exp(0.6 * drawn[:, :1] - 0.18)).astype(np.int64)
    share = 1 / (1 + np.exp(-(odds + 0.5 * drawn[:, 1:2] + 0.4 * drawn[:, 2:])))
    right = np.rint(share * truth).astype(np.int64)
    counts = np.zeros((runs, len(sequences), num_classes, num_classes), np.int64)
    label = np.arange(num_classes)
    counts[:, :, label, label] = right.swapaxes(0, 1)
    counts[:, :, label, (label + 1) % num_classes] = (truth - right).swapaxes(0, 1)
    return counts


def wander(
    random: np.random.Generator,
    sequences: Sequence[str],
    correlation: float,
    shape: tuple[int, int],
) -> Float64[np.ndarray, "n rows classes"]:
    """Normal series in which a frame has this correlation with the one before it in its video."""
    series = random.normal(size=(len(sequences), *shape))
    fresh = math.sqrt(1 - correlation**2)
    for frame in range(1, len(sequences)):
        if sequences[frame] == sequences[frame - 1]:
            series[frame] = correlation * series[frame - 1] + fresh * series[frame]
    return series


def main() -> None:
    """Print the table; how many tables of models to draw for each line may be given."""
    tables = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print(f"{tables} tables of 10 equally good models a line")
    print("images  correlation  seeds              family error  pair coverage  score coverage")
    for (images, correlation), (words, seeds) in product(SPLITS, SEEDS.items()):
        sequences = STILLS if images == "stills" else VIDEOS
        error, pairs, scores = simulate(sequences, correlation, seeds, tables)
        score = "-" if math.isnan(scores) else f"{scores:.3f}"
        row = f"{images:6}  {correlation:11}  {words:17}  {error:12.3f}  {pairs:13.3f}  {score:>14}"
        print(row, flush=True)


if __name__ == "__main__":
    main()

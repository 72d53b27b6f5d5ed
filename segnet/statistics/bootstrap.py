"""Scores of models on resamples of their test images, all models on the same ones. No torch.

Counts of the drawn images are added and then divided once. A mean of image scores is another
quantity and appears nowhere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from jaxtyping import Float64, Int64

from segnet.errors import UserError, lookup
from segnet.statistics.intervals import LEVEL, Difference, Interval
from segnet.statistics.resampling import RESAMPLES, Scheme, draw_resamples

SCORES = ("miou", "pixel_accuracy", "class_accuracy", "fwiou")

SeedCounts = Int64[np.ndarray, "seeds n classes _"]
"""Confusion counts by seed and image, as in :mod:`segnet.scoring.counts.metrics`. Columns beyond
the classes are pixels that were predicted as none of them."""

PerClass = Float64[np.ndarray, "r runs classes"]

CHUNK = 2**20
"""Numbers held at a time in each array of a chunk of resamples, which is 8 MiB."""


@dataclass(frozen=True)
class Resampled:
    """Scores of several models on the same resamples of the same images.

    The last axis of the arrays is :data:`SCORES`, then the IoU of each class.
    """

    models: tuple[str, ...]
    seed_scores: tuple[Float64[np.ndarray, "_ scores"], ...]
    """For each model, the scores of its seeds on the test images themselves."""
    draws: Float64[np.ndarray, "resamples models scores"]
    """Scores on each resample, the mean over a model's seeds; NaN where it is for any seed."""

    def scores_of(
        self, model: str, score: str
    ) -> tuple[Float64[np.ndarray, " seeds"], Float64[np.ndarray, " resamples"]]:
        """One score of one model: of each seed on the test images, and on each resample.

        Args:
            model: one of ``models``.
            score: one of :data:`SCORES`.

        Raises:
            UserError: for a model or score that is not there.
        """
        row = lookup({name: at for at, name in enumerate(self.models)}, model, what="model")
        column = lookup({name: at for at, name in enumerate(SCORES)}, score, what="score")
        return self.seed_scores[row][:, column], self.draws[:, row, column]

    def interval(self, model: str, score: str = "miou") -> Interval:
        """How far one score of one model would move with other images.

        Resamples on which the score is 0/0 are left out.

        Raises:
            UserError: for a model or score that is not there.
        """
        _, draws = self.scores_of(model, score)
        return _percentile_interval(draws, LEVEL)

    def classes_lost(self) -> float:
        """Classes with an IoU on the test images but none on a resample, the mean over resamples.

        A resample's mIoU is the mean over the other classes. Of several models, the one that loses
        most.
        """
        lost = 0.0
        for row, scores in enumerate(self.seed_scores):
            scored = ~np.isnan(scores[:, len(SCORES) :].mean(0))
            gone = np.isnan(self.draws[:, row, len(SCORES) :]) & scored
            lost = max(lost, float(gone.sum(1).mean()))
        return lost


def resample_scores(
    counts: Mapping[str, SeedCounts], scheme: Scheme, resamples: int = RESAMPLES
) -> Resampled:
    """Score models on resamples of their test images, all models on the same ones.

    Counts are whole numbers, and so are their sums in float64 (below 2^53 pixels): the order of
    additions changes nothing. A resample needs only the diagonal and the sums of rows and columns
    of a confusion matrix, and the row sums, which are the truth, are the same for all models.

    Args:
        counts: for each model, the counts of its seeds; the same images in the same order.
        scheme: how the images are drawn.
        resamples: how many times.

    Raises:
        UserError: if there is no model, or models differ in their images or in the truth.
    """
    truth = _shared_truth(counts, scheme)
    runs = [run for one in counts.values() for run in one]
    correct = np.stack([np.diagonal(run, axis1=1, axis2=2) for run in runs], 1)
    predicted = np.stack([run.sum(1)[:, : run.shape[1]] for run in runs], 1)
    images, num_runs, num_classes = correct.shape
    columns = np.concatenate([truth[:, None], correct, predicted], 1).astype(np.float64)
    columns = columns.reshape(images, -1)

    def score(weights: Float64[np.ndarray, "r n"]) -> Float64[np.ndarray, "r runs scores"]:
        sums = (weights @ columns).reshape(len(weights), 1 + 2 * num_runs, num_classes)
        return _scores(sums[:, :1], sums[:, 1 : 1 + num_runs], sums[:, 1 + num_runs :])

    starts = np.cumsum([0, *(len(one) for one in counts.values())])
    of_model = [slice(start, end) for start, end in pairwise(starts)]
    seed_scores = score(np.ones((1, images)))[0]
    chunks = []
    at_once = max(1, CHUNK // max(columns.shape))
    for weights in draw_resamples(scheme, resamples, at_once=at_once):
        scores = score(weights)
        chunks.append(np.stack([scores[:, runs_of].mean(1) for runs_of in of_model], 1))
    return Resampled(
        models=tuple(counts),
        seed_scores=tuple(seed_scores[runs_of] for runs_of in of_model),
        draws=np.concatenate(chunks),
    )


def _shared_truth(
    counts: Mapping[str, SeedCounts], scheme: Scheme
) -> Int64[np.ndarray, "n classes"]:
    """Pixels of each class in each image, which every run must agree on."""
    if not counts:
        raise UserError("no model to score: `counts` is empty. Give the counts of one or more.")
    first, *_ = counts
    truth = counts[first][0].sum(2)
    for model, runs in counts.items():
        for seed, run in enumerate(runs):
            if len(run) != scheme.num_images:
                raise UserError(
                    f"{model}: counts of {len(run)} images, but {scheme.num_images} are drawn. "
                    "Evaluate the model on the same split: run `dvc repro`."
                )
            if not np.array_equal(run.sum(2), truth):
                raise UserError(
                    f"{model}: run {seed} was scored against other labels than {first}. "
                    "Only models with the same test images compare: run `dvc repro`."
                )
    return np.asarray(truth, np.int64)


def _scores(
    true: Float64[np.ndarray, "r 1 classes"], correct: PerClass, predicted: PerClass
) -> Float64[np.ndarray, "r runs scores"]:
    """:data:`SCORES` and the IoU of each class (:mod:`segnet.scoring.counts.metrics`)."""
    with np.errstate(invalid="ignore"):
        iou = correct / (true + predicted - correct)
        recall = correct / true
        pixels = true.sum(-1)
        weighted = np.where(true > 0, iou, 0) * true
        headline = (
            _mean_of_defined(iou),
            correct.sum(-1) / pixels,
            _mean_of_defined(recall),
            weighted.sum(-1) / pixels,
        )
    return np.concatenate([np.stack(headline, -1), iou], -1)


def _mean_of_defined(ratios: PerClass) -> Float64[np.ndarray, "r runs"]:
    """Mean over the last axis without the NaN; NaN where all are."""
    defined = ~np.isnan(ratios)
    return np.asarray(np.where(defined, ratios, 0).sum(-1) / defined.sum(-1))


def compare_pairs(resampled: Resampled, models: Sequence[str]) -> tuple[Difference, ...]:
    """The mIoU of every two of these models, resample by resample, in their order.

    Comparing all pairs of a table by 95 % intervals would show a difference where there is none in
    one of twenty pairs. The intervals are therefore Bonferroni's (Dunn 1961, "Multiple comparisons
    among means", JASA 56): at level ``1 - 0.05 / pairs`` each, all of them hold together with at
    least 95 %. Holm's procedure would show a little more, but gives each interval a level of its
    own; here a pair is shown to differ only if the printed interval excludes 0.

    Where both models have several seeds, the difference must also exceed what the seeds explain:
    the half-width of the 95 % interval of Welch's t (1947, "The generalization of Student's problem
    when several different population variances are involved", Biometrika 34). With one seed the
    verdict is about these trained weights on such images, never a ranking over trainings.

    Raises:
        UserError: for a model that is not there.
    """
    pairs = list(combinations(models, 2))
    differences = []
    for first, second in pairs:
        our_seeds, our_draws = resampled.scores_of(first, "miou")
        their_seeds, their_draws = resampled.scores_of(second, "miou")
        interval = _percentile_interval(our_draws - their_draws, 1 - (1 - LEVEL) / len(pairs))
        one = Difference(
            first=first,
            second=second,
            difference=float(our_seeds.mean() - their_seeds.mean()),
            low=interval.low,
            high=interval.high,
            num_seeds=min(len(our_seeds), len(their_seeds)),
            seed_margin=_welch_margin(our_seeds, their_seeds),
        )
        differences.append(one)
    return tuple(differences)


def _percentile_interval(draws: Float64[np.ndarray, " resamples"], level: float) -> Interval:
    """The percentiles that cut off equal tails, without the NaN; NaN if nothing is left."""
    defined = draws[~np.isnan(draws)]
    if not len(defined):
        return Interval(math.nan, math.nan, math.nan)
    tail = 50 * (1 - level)
    low, high = np.percentile(defined, (tail, 100 - tail))
    return Interval(float(low), float(high), _standard_deviation(defined))


def _welch_margin(*samples: Float64[np.ndarray, " _"]) -> float:
    """Half the 95 % interval of the difference of two means; NaN if one sample is of one."""
    errors = [_standard_deviation(one) / math.sqrt(len(one)) for one in samples]
    error = math.hypot(*errors)
    if math.isnan(error) or error == 0:
        return error
    from scipy.special import stdtrit

    spread = sum(one**4 / (len(sample) - 1) for one, sample in zip(errors, samples, strict=True))
    return error * float(stdtrit(error**4 / spread, (1 + LEVEL) / 2))


def _standard_deviation(values: Float64[np.ndarray, " values"]) -> float:
    """Sample standard deviation (n - 1); NaN for fewer than two values."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else math.nan

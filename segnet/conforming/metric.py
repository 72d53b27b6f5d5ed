"""Checks of a metric: which definition of mIoU it is, and what it does with void."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from segnet.conforming.finding import Check, Outcome, check, failed, passed, told_by, undecided
from segnet.definitions.evidence import Definition, Evidence
from segnet.definitions.pair_counts import count_pairs
from segnet.definitions.registry import DEFINITIONS, STRICT
from segnet.taxonomy import IGNORE_INDEX

Metric = Callable[[Tensor, Tensor], float]
"""Of class maps and masks (N, H, W)."""

CLASSES = 5
TRIALS = 4
EQUAL = 1e-4
SIZE = (10, 12)
TRUTH_WORDS = ("target", "truth", "true", "y_true", "gt", "label", "mask")
"""A first parameter whose name begins so is the truth, and the second the prediction."""
CLASS_NAMES = tuple(f"class {label}" for label in range(CLASSES))


class Trial:
    """Predictions for a split of 20 images in which classes are missing here and there."""

    def __init__(self, seed: int, *, void: bool) -> None:
        generator = torch.Generator().manual_seed(seed)
        shape = (20, *SIZE)
        masks = torch.randint(0, CLASSES - 1, shape, generator=generator)
        few = torch.randint(1, CLASSES - 1, (20, 1, 1), generator=generator)
        self.masks = torch.minimum(masks, few)
        noise = torch.randint(0, CLASSES - 1, shape, generator=generator)
        kept = torch.rand(shape, generator=generator) < 0.4 + 0.1 * seed
        self.predicted = torch.where(kept, self.masks, noise)
        if void:
            self.masks[:, 0] = IGNORE_INDEX

    def evidence(self) -> Evidence:
        """The trial, counted."""
        pairs = zip(self.masks.numpy(), self.predicted.numpy(), strict=True)
        counted = [
            count_pairs(true.astype(np.uint8), found.astype(np.uint8), CLASSES)
            for true, found in pairs
        ]
        return Evidence(np.stack(counted), CLASS_NAMES, knows_void=True)


@check("is the strict mIoU")
def which_definition(metric: Metric) -> Outcome:
    """The definitions that give its values in every trial."""
    trials = [Trial(seed, void=False) for seed in range(TRIALS)]
    values = [metric(one.predicted, one.masks) for one in trials]
    same = [
        one
        for one in DEFINITIONS
        if all(
            abs(one.value(trial.evidence()) - value) < EQUAL
            for trial, value in zip(trials, values, strict=True)
        )
    ]
    strict = [STRICT.value(trial.evidence()) for trial in trials]
    numbers = f"{values[0]:.4f} where strict is {strict[0]:.4f}"
    if STRICT in same:
        return passed(f"{values[0]:.4f}, in {TRIALS} trials of 20 images")
    if same:
        return failed(f"{numbers}: it is {_named(same[0])}")
    return failed(f"{numbers}; it is none of the {len(DEFINITIONS)} known definitions")


@check(f"void ({IGNORE_INDEX}) has no part")
def void_is_masked(metric: Metric) -> Outcome:
    """Predictions on void change nothing, and the value is the strict one."""
    trial = Trial(1, void=True)
    other = trial.predicted.clone()
    other[:, 0] = (other[:, 0] + 1) % CLASSES
    try:
        one, two = metric(trial.predicted, trial.masks), metric(other, trial.masks)
    except (RuntimeError, ValueError, IndexError, AssertionError) as error:
        return failed(f"it raises {str(error).splitlines()[0] if str(error) else error!r}")
    strict = STRICT.value(trial.evidence())
    return told_by(
        abs(one - two) < EQUAL,
        f"{one:.4f}, and {two:.4f} with other predictions on void; strict is {strict:.4f}",
    )


@check("absent classes are left out, predicted ones are not")
def absent_classes(metric: Metric) -> Outcome:
    """A class that is nowhere changes nothing, one that is only predicted counts as 0."""
    masks = torch.tensor([0, 1]).repeat(SIZE[1] // 2).expand(2, *SIZE).contiguous()
    wrong = masks.clone()
    wrong[:, 0] = 2
    perfect, invented = metric(masks, masks), metric(wrong, masks)
    expected = 2 / 3 * (1 - 1 / SIZE[0])
    evidence = (
        f"perfect with 2 of {CLASSES} classes: {perfect:.4f} (1); a third class invented: "
        f"{invented:.4f} ({expected:.4f})"
    )
    return told_by(abs(perfect - 1) < EQUAL and abs(invented - expected) < EQUAL, evidence)


@check("may be averaged over batches")
def batch_dependence(metric: Metric) -> Outcome:
    """Whether averaging it over batches would give another number."""
    trial = Trial(2, void=False)
    whole = metric(trial.predicted, trial.masks)
    batches = [
        metric(trial.predicted[at : at + 4], trial.masks[at : at + 4]) for at in range(0, 20, 4)
    ]
    mean = math.fsum(batches) / len(batches)
    evidence = f"{whole:.4f} over all images, {mean:.4f} as the mean over batches of 4"
    if abs(whole - mean) < EQUAL:
        return passed(evidence)
    return undecided(f"{evidence}: call it once on the whole split")


@check("a split of void has no score")
def all_void(metric: Metric) -> Outcome:
    """Nothing to score is no score."""
    trial = Trial(3, void=False)
    masks = torch.full_like(trial.masks, IGNORE_INDEX)
    try:
        value = metric(trial.predicted, masks)
    except (RuntimeError, ValueError, IndexError, AssertionError, ZeroDivisionError) as error:
        return undecided(f"it raises {type(error).__name__}")
    return told_by(math.isnan(value), f"it gives {value:.4g}; NaN says that there is none")


CHECKS: tuple[Check[Metric], ...] = (
    which_definition,
    void_is_masked,
    absent_classes,
    batch_dependence,
    all_void,
)


def as_metric(given: Any) -> Metric:
    """A metric as a function of class maps and masks, whatever form it has.

    A class with ``update`` and ``compute`` (torchmetrics) is made and used up once a call. A third
    parameter without a default is given the number of classes; a parameter of the name
    ``ignore_index`` is given that of void.
    """
    if inspect.isclass(given):
        return lambda predicted, masks: _updated(given, predicted, masks)
    known = inspect.signature(given).parameters
    named: dict[str, Any] = {"ignore_index": IGNORE_INDEX} if "ignore_index" in known else {}
    needed = [
        one
        for one in known.values()
        if one.default is one.empty and one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)
    ]
    if len(needed) > 2 and needed[2].name not in named:
        named[needed[2].name] = CLASSES
    swapped = bool(needed) and needed[0].name.lower().startswith(
        ("target", "truth", "true", "y_true", "gt", "label", "mask")
    )

    def metric(predicted: Tensor, masks: Tensor) -> float:
        first, second = (masks, predicted) if swapped else (predicted, masks)
        return float(given(first, second, **named))

    return metric


def _updated(made: Callable[..., Any], predicted: Tensor, masks: Tensor) -> float:
    known = inspect.signature(made).parameters
    named: dict[str, Any] = {}
    if "num_classes" in known:
        named["num_classes"] = CLASSES
    if "ignore_index" in known:
        named["ignore_index"] = IGNORE_INDEX
    metric = made(**named)
    metric.update(predicted, masks)
    return float(metric.compute())


def _named(definition: Definition) -> str:
    return f"'{definition.title}' ({definition.code}), which hides {definition.hides}"

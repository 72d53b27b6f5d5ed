from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from own_losses import (
    LOSS_FAULTS,
    METRIC_FAULTS,
    SoundLoss,
    SoundMetric,
    accuracy,
    sound_loss,
    sound_metric,
    truth_comes_first,
)
from torchmetrics.classification import MulticlassJaccardIndex

from segnet.conforming import loss as of_loss
from segnet.conforming import metric as of_metric
from segnet.conforming.finding import CheckResult
from segnet.losses import LOSSES
from segnet.losses.building import build_loss


def loss_findings(loss: Any) -> dict[str, CheckResult]:
    found = {}
    for check in of_loss.CHECKS:
        try:
            one = check(loss)
        except (RuntimeError, ValueError, IndexError, TypeError):
            continue  # the process that runs the checks calls this a failure
        found[one.check] = one
    return found


@pytest.mark.parametrize("loss", [sound_loss, SoundLoss()])
def test_a_sound_loss_passes_every_check(loss: Any) -> None:
    found = loss_findings(loss)
    assert len(found) == len(of_loss.CHECKS)
    assert [one for one in found.values() if one.verdict != "pass"] == []


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_no_loss_of_the_suite_fails_a_check(name: str) -> None:
    ones = np.ones((1, 6), np.int64)
    loss = build_loss(name, {}, class_counts=ones, image_pixels=ones[:, 0])
    assert [one for one in loss_findings(loss).values() if one.verdict == "fail"] == []


@pytest.mark.parametrize(
    ("faulty", "check"), LOSS_FAULTS, ids=lambda one: getattr(one, "__name__", "")
)
def test_a_fault_of_a_loss_is_found_and_named(faulty: Any, check: str) -> None:
    assert loss_findings(faulty)[check].verdict == "fail"


def test_dice_over_a_batch_is_said_and_not_condemned() -> None:
    finding = loss_findings(LOSSES["dice"])["an image costs the same in any company"]
    assert finding.verdict == "cannot tell"
    assert "Dice over a batch" in finding.evidence


def metric_findings(metric: Any) -> dict[str, CheckResult]:
    usable = of_metric.as_metric(metric)
    return {one.check: one for one in (check(usable) for check in of_metric.CHECKS)}


@pytest.mark.parametrize("metric", [sound_metric, SoundMetric, truth_comes_first])
def test_a_sound_metric_passes_every_check(metric: Any) -> None:
    found = metric_findings(metric)
    del found["may be averaged over batches"]  # no mIoU may
    assert [one for one in found.values() if one.verdict != "pass"] == []


@pytest.mark.parametrize(
    ("faulty", "words"), METRIC_FAULTS, ids=lambda one: getattr(one, "__name__", "")
)
def test_a_metric_is_told_which_definition_it_is(faulty: Any, words: str) -> None:
    finding = metric_findings(faulty)["is the strict mIoU"]
    assert finding.verdict == "fail"
    assert words in finding.evidence


def test_averaging_over_batches_is_warned_of() -> None:
    finding = metric_findings(sound_metric)["may be averaged over batches"]
    assert finding.verdict == "cannot tell"
    assert "call it once" in finding.evidence


def test_a_metric_that_counts_void_is_found() -> None:
    def counts_void(predicted: Any, masks: Any, num_classes: int) -> float:
        return sound_metric(predicted, masks.where(masks != 255, 0), num_classes)

    assert metric_findings(counts_void)["void (255) has no part"].verdict == "fail"
    assert metric_findings(accuracy)["void (255) has no part"].verdict == "pass"


def test_torchmetrics_jaccard_index_is_the_strict_one() -> None:
    found = metric_findings(MulticlassJaccardIndex)
    assert found["is the strict mIoU"].verdict == "pass"
    assert found["void (255) has no part"].verdict == "pass"

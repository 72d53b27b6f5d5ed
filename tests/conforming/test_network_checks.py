from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial

import pytest
import torch
from own_networks import FAULTS, SLOW_FAULT, IndicesOfTheDecoder, ReluOnLogits, Sound
from torch import nn
from torchvision.models.segmentation import fcn_resnet50

from segnet.conforming import layers, learning, shapes, unpooling
from segnet.conforming.finding import CheckResult
from segnet.conforming.network import CHECKS
from segnet.conforming.subject import Subject, first_tensor
from segnet.models import MODELS
from segnet.models.building import build_model

CLASSES = 5


def reference(name: str, width: float = 0.125) -> Callable[[], nn.Module]:
    return partial(build_model, name, num_classes=CLASSES, width=width, options={}, seed=0)


def subject(made: Callable[[int], nn.Module], *, against: str = "segnet_v1") -> Subject:
    def build() -> nn.Module:
        torch.manual_seed(0)
        return made(CLASSES)

    return Subject(build, CLASSES, reference(against), against)


def findings(given: Subject, *, but: object = None) -> dict[str, CheckResult]:
    found = [check(given) for check in CHECKS if check is not but]
    return {one.check: one for one in found}


@pytest.mark.slow
def test_a_sound_network_that_was_written_elsewhere_passes_every_check() -> None:
    assert [one for one in findings(subject(Sound)).values() if one.verdict != "pass"] == []


@pytest.mark.parametrize(
    ("faulty", "check"),
    [*FAULTS, pytest.param(*SLOW_FAULT, marks=pytest.mark.slow)],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_planted_fault_is_found_and_named(faulty: Callable[[int], nn.Module], check: str) -> None:
    (named,) = (one for one in CHECKS if one.title == check)
    assert named(subject(faulty)).verdict == "fail"


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(MODELS))
def test_no_network_of_the_suite_fails_a_check(name: str) -> None:
    given = Subject(reference(name), CLASSES, reference(name), name)
    assert [one for one in findings(given).values() if one.verdict == "fail"] == []


def test_evidence_names_the_layer_and_the_stage() -> None:
    order = unpooling.pooling_indices(subject(IndicesOfTheDecoder)).evidence
    assert order.startswith("10 poolings; the decoder uses the indices of number 6, 7, 8, 9, 10")
    assert "ReLU" in shapes.raw_logits(subject(ReluOnLogits)).evidence


def test_a_reference_without_a_vgg16_encoder_asks_for_none() -> None:
    given = Subject(reference("fcn_basic"), CLASSES, reference("fcn_basic"), "fcn_basic")
    assert layers.vgg16_encoder(given).verdict == "cannot tell"
    given = Subject(reference("fcn8s"), CLASSES, reference("fcn8s"), "fcn8s")
    assert layers.vgg16_encoder(given).verdict == "pass"


def test_without_a_reference_its_checks_cannot_tell() -> None:
    given = dataclasses.replace(subject(Sound), reference=None, reference_name="")
    cheap = [check for check in CHECKS if check is not learning.overfitting]
    verdicts = {one.check: one.verdict for one in (check(given) for check in cheap)}
    unknown = {check for check, verdict in verdicts.items() if verdict == "cannot tell"}
    assert unknown == {
        "parameters are those of the reference",
        "each stage unpools with its own pooling indices",
        "unpooling puts values at their indices and zeros elsewhere",
        "encoder takes VGG16's weights",
        "equal outputs with the reference's weights",
    }
    assert "fail" not in verdicts.values()


@pytest.mark.slow
def test_torchvision_s_network_has_no_reference_here_and_nothing_against_it() -> None:
    def build() -> nn.Module:
        torch.manual_seed(0)
        network: nn.Module = fcn_resnet50(weights_backbone=None, num_classes=CLASSES)
        return network

    found = findings(Subject(build, CLASSES), but=learning.overfitting)
    assert "fail" not in {one.verdict for one in found.values()}
    assert found["parameters are those of the reference"].verdict == "cannot tell"


def test_logits_are_found_in_what_torchvision_and_others_return() -> None:
    logits = torch.zeros(1)
    assert first_tensor({"aux": torch.ones(1), "out": logits}) is logits
    assert first_tensor([(logits, torch.ones(1))]) is logits
    with pytest.raises(TypeError, match="there is no tensor"):
        first_tensor("logits")

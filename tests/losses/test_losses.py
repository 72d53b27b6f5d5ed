from __future__ import annotations

import ast
from importlib import import_module
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from segnet.errors import UserError
from segnet.losses import LOSSES
from segnet.losses.building import build_loss
from segnet.losses.parts.class_weights import CLASS_WEIGHTS
from segnet.losses.parts.contract import Loss
from segnet.taxonomy import IGNORE_INDEX

CLASS_COUNTS = np.array([[10, 20, 0, 5], [0, 20, 40, 5]])
IMAGE_PIXELS = np.array([40, 80])
WEIGHTS = torch.tensor([0.5, 2.0, 1.0, 0.25])
BOUNDED = ("dice", "lovasz")


def build(name: str, **options: Any) -> Loss:
    return build_loss(name, options, class_counts=CLASS_COUNTS, image_pixels=IMAGE_PIXELS)


def example(
    dtype: torch.dtype = torch.float64, *, num_classes: int = 4, seed: int = 0
) -> tuple[Tensor, Tensor]:
    """Logits and targets with void pixels."""
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(2, num_classes, 5, 6, generator=generator, dtype=dtype).requires_grad_()
    targets = torch.randint(0, num_classes, (2, 5, 6), generator=generator)
    targets[0, :2] = IGNORE_INDEX
    return logits, targets


def certain(classes: Tensor, num_classes: int) -> Tensor:
    """Logits that put all on one class, whether read by a softmax or by sigmoids."""
    return F.one_hot(classes, num_classes).permute(0, 3, 1, 2) * 40.0 - 20.0


@pytest.fixture(params=sorted(LOSSES))
def loss(request: pytest.FixtureRequest) -> Loss:
    return LOSSES[request.param]


def test_logits_of_void_pixels_change_neither_loss_nor_gradient(loss: Loss) -> None:
    logits, targets = example()
    before = loss(logits, targets)
    (gradient,) = torch.autograd.grad(before, logits)
    other, _ = example(seed=1)
    shaken = torch.where((targets == IGNORE_INDEX)[:, None], 3 * other, logits)
    torch.testing.assert_close(loss(shaken, targets), before)
    (shaken_gradient,) = torch.autograd.grad(loss(shaken, targets), logits)
    torch.testing.assert_close(shaken_gradient, gradient)
    assert gradient[0, :, :2].abs().max() == 0
    assert gradient[0, :, 2:].abs().max() > 0


def test_batch_without_labels_costs_nothing_and_has_a_finite_gradient(loss: Loss) -> None:
    logits, targets = example()
    value = loss(logits, torch.full_like(targets, IGNORE_INDEX))
    value.backward()
    assert value.item() == 0
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


def test_confident_truth_costs_less_than_confident_error(loss: Loss) -> None:
    _, targets = example()
    right = certain(targets.where(targets != IGNORE_INDEX, 0), 4)
    assert loss(right, targets).item() < 1e-4
    assert loss(right.roll(1, dims=1), targets).item() > 0.5


def test_one_image_without_labels_changes_nothing(loss: Loss) -> None:
    logits, targets = example()
    void = torch.full_like(targets[:1], IGNORE_INDEX)
    longer = loss(torch.cat([logits, logits[:1]]), torch.cat([targets, void]))
    torch.testing.assert_close(longer, loss(logits, targets))


def test_order_of_pixels_and_classes_does_not_matter(loss: Loss) -> None:
    logits, targets = example()
    expected = loss(logits, targets)
    torch.testing.assert_close(loss(logits.flip(0, 3), targets.flip(0, 2)), expected)
    renamed = torch.where(targets == IGNORE_INDEX, IGNORE_INDEX, 3 - targets)
    torch.testing.assert_close(loss(logits.flip(1), renamed), expected)


def test_bfloat16_logits_are_computed_in_float32(loss: Loss) -> None:
    logits, targets = example(torch.float32)
    halves = (8 * logits).detach().bfloat16().requires_grad_()
    value = loss(halves, targets)
    (gradient,) = torch.autograd.grad(value, halves)
    assert value.dtype == torch.float32
    assert gradient.isfinite().all()
    torch.testing.assert_close(value, loss(halves.float(), targets), rtol=0, atol=0)


@pytest.mark.parametrize("size", [20.0, 1e4])
def test_certain_logits_have_a_finite_gradient(loss: Loss, size: float) -> None:
    _, targets = example()
    classes = targets.where(targets != IGNORE_INDEX, 0)
    for shift in (0, 1):
        logits = (certain(classes, 4).roll(shift, dims=1) * size / 20).requires_grad_()
        (gradient,) = torch.autograd.grad(loss(logits, targets), logits)
        assert gradient.isfinite().all()


@pytest.mark.usefixtures("deterministic")
def test_loss_is_deterministic(loss: Loss) -> None:
    logits, targets = example()
    torch.autograd.backward(loss(logits, targets))


@pytest.mark.parametrize("name", BOUNDED)
@given(seed=st.integers(0, 2**32), size=st.floats(0, 50), num_classes=st.integers(2, 8))
@settings(max_examples=25, deadline=None)
def test_bounded_losses_stay_between_zero_and_one(
    name: str, seed: int, size: float, num_classes: int
) -> None:
    logits, targets = example(num_classes=num_classes, seed=seed)
    assert -1e-6 <= LOSSES[name](size * logits, targets).item() <= 1 + 1e-6


def test_cross_entropy_equals_torch() -> None:
    logits, targets = example(torch.float32)
    ours = LOSSES["ce"](logits, targets)
    theirs = F.cross_entropy(logits, targets, ignore_index=IGNORE_INDEX)
    torch.testing.assert_close(ours, theirs)
    for one, other in zip(
        torch.autograd.grad(ours, logits), torch.autograd.grad(theirs, logits), strict=True
    ):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-8)


@given(seed=st.integers(0, 2**32), factor=st.floats(1e-3, 1e3))
@settings(max_examples=25, deadline=None)
def test_weighted_cross_entropy_equals_torch_whatever_the_scale_of_the_weights(
    seed: int, factor: float
) -> None:
    logits, targets = example(torch.float32, seed=seed)
    ours = LOSSES["ce"](logits, targets, class_weights=factor * WEIGHTS)
    theirs = F.cross_entropy(logits, targets, weight=WEIGHTS, ignore_index=IGNORE_INDEX)
    torch.testing.assert_close(ours, theirs)
    (gradient,) = torch.autograd.grad(ours, logits)
    (expected,) = torch.autograd.grad(theirs, logits)
    torch.testing.assert_close(gradient, expected, rtol=1e-4, atol=1e-7)


def test_batch_of_classes_that_weigh_nothing_costs_nothing() -> None:
    logits, targets = example()
    one_class = torch.where(targets == IGNORE_INDEX, IGNORE_INDEX, 0)
    value = LOSSES["ce"](logits, one_class, class_weights=torch.tensor([0.0, 1, 1, 1]))
    value.backward()
    assert value.item() == 0
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


def naive_dice(logits: Tensor, targets: Tensor) -> float:
    """The definition, pixel by pixel."""
    probabilities = logits.softmax(1)
    terms = []
    for c in range(logits.shape[1]):
        overlap = predicted = true = 0.0
        for b, y, x in np.ndindex(*targets.shape):
            if targets[b, y, x] != IGNORE_INDEX:
                p, t = float(probabilities[b, c, y, x]), float(targets[b, y, x] == c)
                overlap, predicted, true = overlap + p * t, predicted + p, true + t
        if true:
            terms.append(2 * overlap / (predicted + true))
    return 1 - sum(terms) / len(terms)


@pytest.mark.parametrize("missing", [None, 2])
def test_dice_equals_a_loop_over_pixels(missing: int | None) -> None:
    logits, targets = example()
    targets = targets.where(targets != missing, 0) if missing else targets
    expected = naive_dice(logits.detach(), targets)
    assert LOSSES["dice"](logits, targets).item() == pytest.approx(expected, abs=1e-6)


def batch_with(classes_present: int) -> Tensor:
    """Targets of 59 classes, of which some occur, each in as many pixels."""
    return torch.arange(8 * 59).remainder(classes_present).view(1, 8, 59)


@pytest.mark.parametrize(
    ("classes_present", "smp_all_wrong"), [(2, 2 / 59), (8, 8 / 59), (20, 20 / 59), (59, 1.0)]
)
def test_scale_of_dice_does_not_depend_on_the_classes_of_a_batch_but_that_of_smp_does(
    classes_present: int, smp_all_wrong: float
) -> None:
    from segmentation_models_pytorch.losses import DiceLoss

    dice = LOSSES["dice"]
    targets = batch_with(classes_present)
    wrong = certain((targets + 1).remainder(59), 59)
    assert dice(certain(targets, 59), targets).item() == pytest.approx(0, abs=1e-6)
    assert dice(wrong, targets).item() == pytest.approx(1, abs=1e-6)
    assert 0.96 < dice(torch.zeros(1, 59, 8, 59), targets).item() < 0.99
    theirs = DiceLoss("multiclass", ignore_index=IGNORE_INDEX)
    assert theirs(wrong, targets).item() == pytest.approx(smp_all_wrong, abs=1e-6)


def test_predicting_an_absent_class_costs_less_than_a_wrong_present_one_but_costs() -> None:
    targets = torch.tensor([[[0, 0, 1, 1]]])
    first_pixel_as = {c: certain(torch.tensor([[[c, 0, 1, 1]]]), 3) for c in (0, 1, 2)}
    costs = {c: LOSSES["dice"](logits, targets).item() for c, logits in first_pixel_as.items()}
    # class 0 keeps 2*1/(1+2); class 1 is 2*2/(3+2) where the false pixel is its own
    assert costs[2] == pytest.approx(1 - (2 / 3 + 1) / 2, abs=1e-6)
    assert costs[1] == pytest.approx(1 - (2 / 3 + 4 / 5) / 2, abs=1e-6)
    assert costs[0] == pytest.approx(0, abs=1e-6)
    assert costs[0] < costs[2] < costs[1]


@pytest.mark.parametrize("class_weights", [None, WEIGHTS])
def test_ce_dice_is_the_sum_and_weights_only_the_cross_entropy(
    class_weights: Tensor | None,
) -> None:
    logits, targets = example()
    parts = LOSSES["ce"](logits, targets, class_weights=class_weights)
    parts = parts + LOSSES["dice"](logits, targets)
    whole = LOSSES["ce_dice"](logits, targets, class_weights=class_weights)
    torch.testing.assert_close(whole, parts, rtol=0, atol=0)


@pytest.mark.parametrize("gamma", [1.0, 2.0, 3.5])
def test_focal_is_its_formula_over_labelled_pixels_and_classes(gamma: float) -> None:
    logits, targets = example()
    labelled = targets != IGNORE_INDEX
    truth = F.one_hot(targets.where(labelled, 0), 4).permute(0, 3, 1, 2)
    right = torch.where(truth == 1, logits, -logits).sigmoid()
    terms = (-((1 - right) ** gamma) * right.log()).movedim(1, -1)[labelled]
    value = LOSSES["focal"](logits, targets, gamma=gamma)
    assert value.item() == pytest.approx(terms.mean().item(), rel=1e-5)


def test_lovasz_of_certain_predictions_is_one_minus_mean_iou() -> None:
    targets = torch.tensor([[[0, 0, 0, 1, 1, IGNORE_INDEX]]])
    predicted = torch.tensor([[[0, 0, 1, 1, 2, 2]]])
    value = LOSSES["lovasz"](certain(predicted, 3), targets).item()
    assert value == pytest.approx(1 - (2 / 3 + 1 / 3) / 2, abs=1e-6)  # class 2 is never true


@pytest.mark.parametrize("name", ["ce", "ce_dice"])
@pytest.mark.parametrize("weighting", sorted(CLASS_WEIGHTS))
def test_built_loss_has_the_weights_of_the_training_counts(name: str, weighting: str) -> None:
    logits, targets = example()
    # pixels by the pixels of their images: 10/40, 40/120, 40/80, 10/120; median 7/24
    weights = torch.tensor([7 / 6, 7 / 8, 7 / 12, 7 / 2]) if weighting != "none" else None
    built = build(name, class_weights=weighting)
    expected = LOSSES[name](logits, targets, class_weights=weights)
    torch.testing.assert_close(built(logits, targets), expected)


def test_built_loss_without_options_is_the_plain_one() -> None:
    logits, targets = example()
    for name, plain in LOSSES.items():
        assert build(name)(logits, targets).item() == plain(logits, targets).item()


def test_option_of_a_built_loss_takes_effect() -> None:
    logits, targets = example()
    expected = LOSSES["focal"](logits, targets, gamma=3.0)
    assert build("focal", gamma=3.0)(logits, targets).item() == expected.item()


def test_unknown_loss_names_the_nearest() -> None:
    with pytest.raises(UserError, match=r"unknown loss 'cee'. Did you mean 'ce'?"):
        build("cee")


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("ce", {"gamma": 2}, r"losses.ce: unknown option 'gamma'.*Known: class_weights"),
        ("dice", {"smooth": 1}, r"losses.dice: unknown option 'smooth'.*Known: none"),
        (
            "ce",
            {"class_weights": "median"},
            r"losses.ce: unknown class_weights 'median'. Did you mean 'median_frequency'",
        ),
        ("ce", {"class_weights": [1, 2]}, r"unknown class_weights '\[1, 2\]'"),
        ("ce", {"class_weights": None}, r"unknown class_weights 'None'"),
        (
            "focal",
            {"gamma": 0.5},
            r"focal.gamma: Input should be greater than or equal to 1, not 0.5",
        ),
        (
            "focal",
            {"gamma": "two"},
            r"losses.focal.gamma: Input should be a valid .*, not 'two'",
        ),
    ],
)
def test_wrong_option_is_an_error(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        build(name, **options)


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_loss_says_where_it_comes_from(name: str) -> None:
    assert import_module(f"segnet.losses.{name}").SOURCE


def test_no_loss_depends_on_the_file_of_another_or_on_the_registry() -> None:
    others = {"segnet.losses", *(f"segnet.losses.{name}" for name in LOSSES)}
    for name in LOSSES:
        for node in ast.walk(ast.parse(LOSSES.file(name).read_text())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                modules = {getattr(node, "module", None), *(one.name for one in node.names)}
                assert not modules & others, name

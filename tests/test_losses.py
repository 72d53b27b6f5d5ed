from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from segnet.errors import UserError
from segnet.losses import LOSSES, Loss, build_loss
from segnet.taxonomy import IGNORE_INDEX


def example(dtype: torch.dtype = torch.float64) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits and targets with void pixels."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 4, 5, 6, generator=generator, dtype=dtype).requires_grad_()
    targets = torch.randint(0, 4, (2, 5, 6), generator=generator)
    targets[0, :2] = IGNORE_INDEX
    return logits, targets


@pytest.fixture(params=sorted(LOSSES))
def loss(request: pytest.FixtureRequest) -> Loss:
    return LOSSES[request.param]


def test_logits_of_void_pixels_change_neither_loss_nor_gradient(loss: Loss) -> None:
    logits, targets = example()
    before = loss(logits, targets)
    (gradient,) = torch.autograd.grad(before, logits)
    shaken = torch.where((targets == IGNORE_INDEX)[:, None], logits + 3, logits)
    torch.testing.assert_close(loss(shaken, targets), before)
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
    right = F.one_hot(targets.where(targets != IGNORE_INDEX, 0), 4).permute(0, 3, 1, 2) * 20.0
    assert loss(right, targets).item() < 1e-4
    assert loss(right.roll(1, dims=1), targets).item() > 0.5


def test_cross_entropy_equals_torch() -> None:
    logits, targets = example(torch.float32)
    ours = LOSSES["ce"](logits, targets)
    theirs = F.cross_entropy(logits, targets, ignore_index=IGNORE_INDEX)
    torch.testing.assert_close(ours, theirs)
    for one, other in zip(
        torch.autograd.grad(ours, logits), torch.autograd.grad(theirs, logits), strict=True
    ):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-8)


def test_unknown_loss_names_the_nearest() -> None:
    with pytest.raises(UserError, match=r"unknown loss 'cee'. Did you mean 'ce'?"):
        build_loss("cee", {})


def test_unknown_option_of_a_loss_is_an_error() -> None:
    with pytest.raises(UserError, match=r"losses.ce: unknown option 'gamma'"):
        build_loss("ce", {"gamma": 2})

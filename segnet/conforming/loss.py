"""Checks of a loss: a function of logits (B, C, H, W) and targets (B, H, W) to a scalar."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from segnet.conforming.finding import Check, Outcome, check, failed, passed, told_by, undecided
from segnet.taxonomy import IGNORE_INDEX

Loss = Callable[[Tensor, Tensor], Tensor]

CLASSES = 6
SIZE = (8, 12)
STEPS = 60
SURE = 20.0
"""Logits of a certain prediction lie this far apart: its softmax is 1 to nine digits."""


@check("gives a finite scalar with a gradient")
def is_a_scalar_with_a_gradient(loss: Loss) -> Outcome:
    """A finite number that logits have a gradient of."""
    logits, targets = _example(0)
    logits.requires_grad_()
    value = loss(logits, targets)
    if value.numel() != 1:
        return failed(f"it gives {tuple(value.shape)}")
    cost = _number(value)
    if not math.isfinite(cost):
        return failed(f"it gives {cost}")
    gradient = _gradient(value, logits)
    if gradient is None:
        return failed(f"{cost:.4g}, but no gradient leads back to the logits")
    return told_by(bool(gradient.any()), f"{cost:.4g}")


@check("takes logits, not probabilities")
def takes_logits(loss: Loss) -> Outcome:
    """Softmax is inside: a constant added to all classes of a pixel changes nothing."""
    logits, targets = _example(1)
    with torch.no_grad():
        before = float(loss(logits, targets))
        after = float(loss(logits + 3 * torch.randn(2, 1, *SIZE), targets))
        right = float(loss(_certain(targets), targets))
    evidence = (
        f"{before:.4g}; {after:.4g} after adding a constant to all classes of each pixel; "
        f"{right:.4g} for a certain and right prediction"
    )
    if _close(before, after):
        return passed(evidence)
    if abs(right) < 1e-4:
        return undecided(f"{evidence}: so it is with a sigmoid for each class")
    return failed(evidence)


@check("a perfect prediction costs nothing, a wrong one much")
def perfect_is_free(loss: Loss) -> Outcome:
    """A certain and right prediction costs next to nothing, a wrong one much."""
    _, targets = _example(2)
    with torch.no_grad():
        right = float(loss(_certain(targets), targets))
        wrong = float(loss(_certain((targets + 1) % CLASSES), targets))
        even = float(loss(torch.zeros(2, CLASSES, *SIZE), targets))
    evidence = f"right {right:.4g}, undecided {even:.4g}, wrong {wrong:.4g}"
    return told_by(abs(right) < 0.02 * abs(wrong) + 1e-4 and right < even < wrong, evidence)


@check(f"void ({IGNORE_INDEX}) has no part")
def void_is_masked(loss: Loss) -> Outcome:
    """Logits of pixels with target 255 change neither the loss nor its gradient."""
    logits, targets = _example(3)
    targets[0, :3] = IGNORE_INDEX
    void = (targets == IGNORE_INDEX)[:, None].expand_as(logits)
    try:
        logits.requires_grad_()
        value = loss(logits, targets)
        gradient = _gradient(value, logits)
        shaken = torch.where(void, torch.randn(logits.shape), logits)
        after = _number(loss(shaken, targets))
    except (RuntimeError, IndexError, ValueError) as error:
        return failed(f"it raises {str(error).splitlines()[0]}")
    if gradient is not None and gradient[void].any():
        return failed("void pixels have a gradient")
    return told_by(
        _close(_number(value), after),
        f"{_number(value):.4g}; {after:.4g} with other logits on void",
    )


@check("a batch of void is no accident")
def all_void(loss: Loss) -> Outcome:
    """A batch without a labelled pixel costs 0 and pulls nowhere."""
    logits, targets = _example(4)
    logits.requires_grad_()
    targets[:] = IGNORE_INDEX
    try:
        value = loss(logits, targets)
    except (RuntimeError, IndexError, ValueError) as error:
        return failed(f"it raises {str(error).splitlines()[0]}")
    cost, gradient = _number(value), _gradient(value, logits)
    if not math.isfinite(cost):
        return failed(f"it gives {cost}: one such batch spoils all weights")
    if gradient is None:
        return passed(f"it gives {cost:.4g}, and no gradient")
    if not torch.isfinite(gradient).all():
        return failed("its gradient is not finite: one such batch spoils all weights")
    return told_by(not gradient.any(), f"it gives {cost:.4g}")


@check("classes that are not in the batch cost nothing")
def absent_classes(loss: Loss) -> Outcome:
    """A perfect prediction is free, however few classes the batch has."""
    costs = {}
    with torch.no_grad():
        for present in (1, 2, CLASSES):
            targets = _stripes(present)
            costs[present] = float(loss(_certain(targets), targets))
            wrong = float(loss(_certain((targets + 1) % CLASSES), targets))
    named = ", ".join(f"{cost:.4g} with {count}" for count, cost in costs.items())
    is_free = all(abs(cost) < 0.02 * abs(wrong) + 1e-4 for cost in costs.values())
    return told_by(is_free, f"perfect: {named} of {CLASSES} classes")


@check("its scale does not depend on how many classes the batch has")
def scale_with_classes(loss: Loss) -> Outcome:
    """A wholly wrong prediction costs the same, however many classes the batch has."""
    costs = {}
    with torch.no_grad():
        for present in (2, CLASSES):
            targets = _stripes(present)
            costs[present] = float(loss(_certain((targets + 1) % present), targets))
    few, many = costs.values()
    return told_by(
        0.8 < few / many < 1.25 if many else few == 0,
        f"wholly wrong: {few:.4g} with 2, {many:.4g} with {CLASSES} of {CLASSES} classes",
    )


@check("does not grow with the batch")
def batch_size(loss: Loss) -> Outcome:
    """The same images twice cost what they cost once."""
    logits, targets = _example(5)
    with torch.no_grad():
        once = float(loss(logits, targets))
        twice = float(loss(torch.cat([logits, logits]), torch.cat([targets, targets])))
    return told_by(_close(once, twice), f"{once:.4g} once, {twice:.4g} twice")


@check("an image costs the same in any company")
def company(loss: Loss) -> Outcome:
    """Whether what an image costs depends on the others of its batch."""
    logits, targets = _example(6)
    targets[1] = targets[1].clamp(max=1)
    with torch.no_grad():
        together = float(loss(logits, targets))
        alone = sum(float(loss(logits[at : at + 1], targets[at : at + 1])) for at in range(2)) / 2
    evidence = f"{together:.4g} in one batch, {alone:.4g} as the mean of each alone"
    if _close(together, alone):
        return passed(evidence)
    return undecided(f"{evidence}: so it is with Dice over a batch")


@check("following its gradient makes predictions right")
def points_downhill(loss: Loss) -> Outcome:
    """Following its gradient makes the prediction right."""
    _, targets = _example(7)
    logits = 0.01 * torch.randn(2, CLASSES, *SIZE)
    for _ in range(STEPS):
        logits = logits.detach().requires_grad_()
        gradient = _gradient(loss(logits, targets), logits)
        if gradient is None:
            return failed("it has no gradient")
        logits = logits - 0.2 * gradient.sign()  # its direction, whatever its scale
    right = float((logits.argmax(1) == targets).float().mean())
    return told_by(right > 0.95, f"{100 * right:.0f} % of the pixels are right after {STEPS} steps")


@check("float32 and bfloat16 agree")
def low_precision(loss: Loss) -> Outcome:
    """bfloat16 logits cost nearly what float32 logits cost."""
    logits, targets = _example(8)
    with torch.no_grad():
        exact = float(loss(logits, targets))
        try:
            rounded = float(loss(logits.bfloat16(), targets))
        except (RuntimeError, ValueError) as error:
            return failed(f"bfloat16 raises {str(error).splitlines()[0]}")
    return told_by(
        abs(exact - rounded) <= 0.02 * abs(exact) + 1e-3,
        f"{exact:.5g} and {rounded:.5g}",
    )


CHECKS: tuple[Check[Loss], ...] = (
    is_a_scalar_with_a_gradient,
    takes_logits,
    perfect_is_free,
    void_is_masked,
    all_void,
    absent_classes,
    scale_with_classes,
    batch_size,
    company,
    points_downhill,
    low_precision,
)


def _number(value: Tensor) -> float:
    return float(value.detach())


def _gradient(value: Tensor, logits: Tensor) -> Tensor | None:
    """Of the loss by the logits; None if there is none."""
    if not value.requires_grad:
        return None
    (gradient,) = torch.autograd.grad(value, logits, allow_unused=True)
    return gradient


def _example(seed: int) -> tuple[Tensor, Tensor]:
    """Random logits, and targets with all classes in both images."""
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    targets = torch.arange(2 * math.prod(SIZE)).remainder(CLASSES)
    shuffled = targets[torch.randperm(len(targets), generator=generator)]
    return torch.randn(2, CLASSES, *SIZE, generator=generator), shuffled.view(2, *SIZE)


def _certain(classes: Tensor) -> Tensor:
    one_hot = torch.nn.functional.one_hot(classes, CLASSES).permute(0, 3, 1, 2)
    return SURE * (2.0 * one_hot - 1)


def _stripes(present: int) -> Tensor:
    """Targets of the first classes only, each of as many pixels."""
    return torch.arange(SIZE[1]).remainder(present).expand(2, *SIZE).contiguous()


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-4 * max(1.0, abs(one), abs(other))

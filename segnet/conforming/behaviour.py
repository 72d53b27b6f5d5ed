"""Checks of how a network behaves: modes, precision, side effects, chance."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from segnet.conforming.finding import Outcome, check, failed, passed, told_by, undecided
from segnet.conforming.subject import (
    Subject,
    colored_blocks,
    follow_gradient,
    logits_of,
    moved,
    random_images,
    train_steps,
)

BF16_ERROR = 0.3
"""Of the logits, relative to their spread. Rounding by 0.4 %, layer by layer, comes to a few
percent; pooling indices that fall on another pixel make it 14 % in a narrow SegNet."""


@check("training differs from evaluation in batch norm and dropout only")
def modes(subject: Subject) -> Outcome:
    """Training and evaluation differ in batch norm and dropout alone."""
    network = moved(subject)
    images = random_images()
    with torch.no_grad():
        evaluated = logits_of(network.eval(), images)
        network.train()
        for module in network.modules():
            if isinstance(module, _BatchNorm | _DropoutNd):
                module.eval()
        trained, again = (logits_of(network, images) for _ in range(2))
    if trained.shape != evaluated.shape:
        return failed(f"{tuple(trained.shape)} in training, {tuple(evaluated.shape)} else")
    if not torch.equal(trained, again):
        return undecided("training draws random numbers outside nn.Dropout")
    difference = float((trained - evaluated).abs().max())
    return told_by(
        difference <= 1e-5 * float(evaluated.abs().max()),
        f"with both held, logits differ by {difference:.2g}",
    )


@check("the input is not changed in place")
def input_is_kept(subject: Subject) -> Outcome:
    """The images are the same after a forward pass as before."""
    network = subject.build().eval()
    images = random_images()
    before = images.clone()
    with torch.no_grad():
        logits_of(network, images)
    changed = float((images != before).float().mean())
    return told_by(changed == 0, f"{100 * changed:.0f} % of its values changed")


@check("deterministic")
def deterministic(subject: Subject) -> Outcome:
    """The same weights and images give the same bits, and so does a training step."""
    images, targets = colored_blocks(subject.num_classes)
    network = subject.build().eval()
    with torch.no_grad():
        if not torch.equal(logits_of(network, images), logits_of(network, images)):
            return failed("two evaluations of the same images differ")
    first, second = (_weights_after_a_step(subject, images, targets) for _ in range(2))
    same = all(torch.equal(one, other) for one, other in zip(first, second, strict=True))
    return told_by(
        same,
        "two evaluations are equal; two training steps from one seed are "
        f"{'equal' if same else 'not'}",
    )


@check("float32 and bfloat16 agree")
def precision(subject: Subject) -> Outcome:
    """bfloat16 gives nearly what float32 gives."""
    network = moved(subject).eval()
    images = random_images()
    with torch.no_grad():
        exact = logits_of(network, images)
        try:
            with torch.autocast("cpu", dtype=torch.bfloat16):
                rounded = logits_of(network, images).float()
        except (RuntimeError, TypeError) as error:
            return failed(f"under autocast it raises {str(error).splitlines()[0]}")
    if not torch.isfinite(rounded).all():
        return failed("bfloat16 gives numbers that are not finite")
    share = float((rounded - exact).norm() / (exact - exact.mean()).norm())
    evidence = f"logits differ by {100 * share:.2g} % of their spread"
    return told_by(share < BF16_ERROR, evidence)


@check("gradient reaches every parameter")
def gradients(subject: Subject) -> Outcome:
    """Every parameter has a part in the loss."""
    network = subject.build().train()
    reached: set[str] = set()
    for _ in train_steps(network, subject.num_classes):
        reached |= {
            name
            for name, one in network.named_parameters()
            if one.grad is not None and (one.dim() == 1 or bool(one.grad.any()))
        }
    known = dict(network.named_parameters())
    unreached = [name for name, one in known.items() if one.requires_grad and name not in reached]
    frozen = [name for name, one in known.items() if not one.requires_grad]
    if unreached:
        more = f" and {len(unreached) - 3} more" if len(unreached) > 3 else ""
        return failed(f"none for {', '.join(unreached[:3])}{more}")
    if frozen:
        return undecided(f"{frozen[0]} and {len(frozen) - 1} more ask for none")
    return passed(f"{len(known)} tensors")


def _weights_after_a_step(
    subject: Subject, images: torch.Tensor, targets: torch.Tensor
) -> list[torch.Tensor]:
    network: nn.Module = subject.build().train()
    torch.manual_seed(1)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
    follow_gradient(F.cross_entropy(logits_of(network, images), targets))
    optimizer.step()
    return [one.detach().clone() for one in network.parameters()]

"""Checks of the layers of a network against those of the reference."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd

from segnet.conforming.finding import Outcome, check, failed, passed, undecided
from segnet.conforming.subject import Subject
from segnet.models.parts.blocks import VGG16Stages

NO_REFERENCE = "there is no reference to hold it against; name one with --as"
VGG16_CONVOLUTIONS = 13


class Layer(NamedTuple):
    """A layer with a kernel."""

    kind: str
    shape: tuple[int, ...]
    name: str

    def __str__(self) -> str:
        """``Conv2d 64x3x3x3 'encoder.0'``."""
        return f"{self.kind} {'x'.join(map(str, self.shape))} '{self.name}'"


@check("parameters are those of the reference")
def parameter_count(subject: Subject) -> Outcome:
    """As many parameters as the reference, and if not, the layer that differs."""
    network = subject.build()
    count = sum(one.numel() for one in network.parameters())
    if subject.reference is None:
        return undecided(f"{count:,} parameters; {NO_REFERENCE}")
    reference = subject.reference()
    wanted = sum(one.numel() for one in reference.parameters())
    ours, theirs = layers(network), layers(reference)
    extra, lacking = _only_in(ours, theirs), _only_in(theirs, ours)
    norms, wanted_norms = _batch_norms(network), _batch_norms(reference)
    numbers = f"{count:,} parameters, {subject.reference_name} has {wanted:,}"
    if extra or lacking:
        here = f"only here: {extra[0]}" if extra else "nothing is only here"
        there = f"only there: {lacking[0]}" if lacking else "nothing is only there"
        return failed(f"{numbers}; {here}; {there}")
    if norms != wanted_norms:
        return failed(f"{numbers}; {norms} batch norms, not {wanted_norms}")
    if count != wanted:
        more = "more" if count > wanted else "fewer"
        return passed(f"{numbers}: {more} biases, which batch norm makes idle")
    return passed(numbers)


@check("encoder takes VGG16's weights")
def vgg16_encoder(subject: Subject) -> Outcome:
    """The first 13 convolutions have the shapes of VGG16's."""
    if subject.reference is None:
        return undecided(NO_REFERENCE)
    reference = subject.reference()
    if not any(isinstance(module, VGG16Stages) for module in reference.modules()):
        return undecided(f"{subject.reference_name} has no VGG16 encoder")
    ours, theirs = (
        [one for one in layers(network) if one.kind == "Conv2d"][:VGG16_CONVOLUTIONS]
        for network in (subject.build(), reference)
    )
    for at, (found, wanted) in enumerate(zip(ours, theirs, strict=False), 1):
        if found.shape != wanted.shape:
            shape = "x".join(map(str, wanted.shape))
            return failed(f"convolution {at} is {found}, VGG16's is {shape}")
    if len(ours) < len(theirs):
        return failed(f"there are {len(ours)} convolutions, VGG16 has {len(theirs)}")
    return passed(f"{len(theirs)} convolutions in order have its shapes")


def layers(network: nn.Module) -> list[Layer]:
    """The layers with kernels, in the order in which they were made."""
    return [
        Layer(type(module).__name__, tuple(module.weight.shape), name)
        for name, module in network.named_modules()
        if isinstance(module, _ConvNd | nn.Linear)
    ]


def _only_in(ours: list[Layer], theirs: list[Layer]) -> list[Layer]:
    """The layers that the other network has fewer of."""
    left = Counter((one.kind, one.shape) for one in theirs)
    extra = []
    for one in ours:
        left[one.kind, one.shape] -= 1
        if left[one.kind, one.shape] < 0:
            extra.append(one)
    return extra


def _batch_norms(network: nn.Module) -> int:
    return sum(isinstance(module, _BatchNorm) for module in network.modules())

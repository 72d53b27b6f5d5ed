"""Whether a network computes what the reference computes, once it has the same weights."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd

from segnet.conforming.finding import Outcome, check, failed, passed, undecided
from segnet.conforming.layers import NO_REFERENCE
from segnet.conforming.subject import Subject, logits_of, random_images

TOLERANCE = 1e-3
"""Of the difference, relative to the spread of the logits."""
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


@check("equal outputs with the reference's weights")
def equal_outputs(subject: Subject) -> Outcome:
    """Equal logits after the reference's weights were copied over, layer by layer as they run.

    Networks normalise images inside or leave it to the caller, so images are given in [0, 1], as
    the reference normalises them, and by ImageNet's mean and deviation.
    """
    if subject.reference is None:
        return undecided(NO_REFERENCE)
    reference, network = subject.reference().eval(), subject.build().eval()
    images = random_images()
    ours, theirs = _layers_as_they_run(network, images), _layers_as_they_run(reference, images)
    for at, (one, other) in enumerate(zip(ours, theirs, strict=False), 1):
        if _kind(one) != _kind(other):
            return undecided(f"layer {at} to run is {_kind(one)}, in the reference {_kind(other)}")
    if len(ours) != len(theirs):
        return undecided(f"{len(ours)} layers run, {len(theirs)} in the reference")
    _shake_statistics(reference)
    for one, other in zip(ours, theirs, strict=True):
        _copy(other, one)
    with torch.inference_mode():
        wanted = logits_of(reference, images)
        found = {
            name: float((logits_of(network, one) - wanted).abs().max() / wanted.std())
            for name, one in _normalized(reference, images).items()
        }
    name = min(found, key=lambda one: found[one])
    if found[name] > TOLERANCE:
        return failed(
            f"logits differ by {100 * found[name]:.3g} % of their spread, with {len(ours)} "
            "layers copied"
        )
    return passed(f"logits of images {name} are equal, with {len(ours)} layers copied")


def _layers_as_they_run(network: nn.Module, images: Tensor) -> list[nn.Module]:
    """Layers with weights in the order in which they run; one that runs twice is there twice."""
    found: list[nn.Module] = []
    handles = [
        module.register_forward_hook(lambda module, *_: found.append(module))
        for module in network.modules()
        if isinstance(module, _ConvNd | nn.Linear | _BatchNorm)
    ]
    with torch.no_grad():
        logits_of(network, images)
    for handle in handles:
        handle.remove()
    return found


def _kind(layer: nn.Module) -> str:
    weight: Any = layer.weight
    shape = "" if weight is None else " " + "x".join(map(str, weight.shape))
    return type(layer).__name__ + shape


def _shake_statistics(network: nn.Module) -> None:
    """Give batch norms statistics and weights that cannot be mistaken for none."""
    generator = torch.Generator().manual_seed(2)
    for module in network.modules():
        if isinstance(module, _BatchNorm):
            for tensor in (module.running_var, module.weight):
                if tensor is not None:
                    shaken = 0.5 + torch.rand(tensor.shape, generator=generator)
                    tensor.data.copy_(shaken)
            for tensor in (module.running_mean, module.bias):
                if tensor is not None:
                    tensor.data.copy_(0.1 * torch.randn(tensor.shape, generator=generator))


def _copy(source: Any, target: Any) -> None:
    """Copy weights and statistics; a bias that only one has becomes zero."""
    for name in ("weight", "bias", "running_mean", "running_var"):
        given, taken = getattr(source, name, None), getattr(target, name, None)
        if given is not None and taken is not None:
            taken.data.copy_(given.data)
        else:
            for alone in (given, taken):
                if alone is not None:
                    alone.data.zero_()


def _normalized(reference: nn.Module, images: Tensor) -> dict[str, Tensor]:
    mean, deviation = (torch.tensor(one).view(3, 1, 1) for one in IMAGENET)
    given = {"in [0, 1]": images, "by ImageNet's mean": (images - mean) / deviation}
    normalize = getattr(reference, "normalize", None)
    return given | ({"as the reference normalises": normalize(images)} if normalize else {})

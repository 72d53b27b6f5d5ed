"""Checks of what comes out of a network, whatever is inside."""

from __future__ import annotations

import torch
from torch import Tensor

from segnet.conforming.finding import Outcome, check, failed, passed, told_by
from segnet.conforming.subject import Subject, logits_of, moved, random_images

ODD_SIZES = ((360, 480), (97, 131))
"""45 is odd in the first, which is CamVid's; everything is in the second."""


@check("output has a channel a class and the size of the image")
def output_shape(subject: Subject) -> Outcome:
    """Logits (B, classes, H, W) of images (B, 3, H, W)."""
    images = random_images()
    with torch.inference_mode():
        logits = logits_of(subject.build().eval(), images)
    wanted = (len(images), subject.num_classes, *images.shape[2:])
    return told_by(
        tuple(logits.shape) == wanted,
        f"{_size(logits)} of images {_size(images)}; wanted {'x'.join(map(str, wanted))}",
    )


@check("any size: 360x480 and 97x131")
def odd_sizes(subject: Subject) -> Outcome:
    """Sizes that pooling by 32 does not divide."""
    network = subject.build().eval()
    for size in ODD_SIZES:
        images = random_images(1, size)
        try:
            with torch.inference_mode():
                logits = logits_of(network, images)
        except (RuntimeError, ValueError) as error:
            return failed(f"{size[0]}x{size[1]} raises {_first_line(error)}")
        if logits.shape[2:] != images.shape[2:]:
            return failed(f"{_size(logits)} of an image of {size[0]}x{size[1]}")
    return passed("logits of the size of the image")


@check("logits leave as they are")
def raw_logits(subject: Subject) -> Outcome:
    """No ReLU, softmax, sigmoid or batch norm behind the last convolution."""
    network = moved(subject)
    images = random_images(4)
    with torch.inference_mode():
        network.train()
        training = logits_of(network, images)
        evaluation = logits_of(network.eval(), images)
    for logits in (evaluation, training):
        if found := _activation(logits):
            return failed(found)
    mean, variance = training.mean((0, 2, 3)), training.var((0, 2, 3), unbiased=False)
    if (mean.abs() < 0.02).all() and ((variance - 1).abs() < 0.05).all():
        return failed("every channel has mean 0 and variance 1 in training: batch norm")
    low, high = float(evaluation.min()), float(evaluation.max())
    return passed(f"they range from {low:.3g} to {high:.3g} and add up to no constant")


def _activation(logits: Tensor) -> str:
    """What was done to the logits, by their range; empty if nothing shows."""
    total = logits.exp().sum(1) if float(logits.max()) < 1e-6 else logits.sum(1)
    if float(logits.max()) < 1e-6 and (total - 1).abs().max() < 1e-3:
        return "their exponentials add up to 1: log-softmax"
    if float(logits.min()) < 0:
        return ""
    if (total - 1).abs().max() < 1e-3:
        return "they add up to 1 in each pixel: softmax"
    if float((logits == 0).float().mean()) > 0.01:
        share = 100 * float((logits == 0).float().mean())
        return f"none is negative and {share:.0f} % are exactly 0: ReLU"
    if float(logits.max()) < 1:
        return "all lie between 0 and 1: sigmoid"
    return ""


def _size(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape))


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"

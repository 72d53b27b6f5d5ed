"""Label maps as bit sets, one bit a class, so that one integer operation treats all classes."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Int, Int64, UInt8
from torch import Tensor

from segnet.errors import UserError
from segnet.taxonomy import IGNORE_INDEX

Labels = UInt8[Tensor, "b h w"]
Words = Int[Tensor, "b h w"]
"""A set of classes at each pixel: bit ``k`` stands for the ``k``-th class of a group."""

GROUP_SIZE = 64
"""The most classes that fit in one word."""


def class_groups(num_classes: int) -> list[range]:
    """All classes, in runs that fit in one word each."""
    starts = range(0, num_classes, GROUP_SIZE)
    return [range(start, min(start + GROUP_SIZE, num_classes)) for start in starts]


def class_words(labels: Labels, classes: range) -> Words:
    """The one class of each pixel as a bit; 0 where it is another class or ``IGNORE_INDEX``.

    The words are the narrowest signed integers that hold the classes: narrow words are fast.
    """
    dtype = _word_dtype(len(classes))
    inside = (labels >= classes.start) & (labels < classes.stop)
    places = (labels - classes.start).to(dtype) & (8 * dtype.itemsize - 1)  # no shift is too far
    return inside.to(dtype) << places


def everything_where(pixels: Bool[Tensor, "b h w"], classes: range) -> Words:
    """All bits set at these pixels and none elsewhere."""
    return -pixels.to(_word_dtype(len(classes)))


def count_pixels(words: Words, classes: range) -> Int64[Tensor, "b classes"]:
    """In how many pixels of each image the bit of each class is set, on the CPU.

    Bytes are counted by value and the bits of the values after that, because there are far fewer
    values than pixels.
    """
    bytes_each = words.element_size()
    flat = words.contiguous().view(torch.uint8).view(len(words), -1, bytes_each)
    histograms = torch.stack(
        [_histograms(flat[:, :, byte].contiguous()) for byte in range(bytes_each)], 1
    )
    bits = (torch.arange(256)[:, None] >> torch.arange(8)) & 1
    return (histograms @ bits).flatten(1)[:, : len(classes)]


def pixels_of_classes(labels: Labels, num_classes: int) -> Int64[Tensor, "b classes"]:
    """The pixels of each class in each image, on the CPU.

    Raises:
        UserError: if a label is neither a class nor ``IGNORE_INDEX``.
    """
    histograms = _histograms(labels.flatten(1))
    stray = histograms.any(0)
    stray[:num_classes] = stray[IGNORE_INDEX] = False
    if stray.any():
        raise UserError(
            f"a class map holds the label {int(stray.nonzero()[0])}, but there are {num_classes} "
            f"classes and void is {IGNORE_INDEX}. Delete data/prepared and run `dvc repro`."
        )
    return histograms[:, :num_classes]


def _histograms(values: UInt8[Tensor, "b pixels"]) -> Int64[Tensor, "b 256"]:
    """How often each byte occurs in each row, on the CPU."""
    return torch.stack([torch.bincount(one, minlength=256) for one in values]).cpu()


def _word_dtype(num_classes: int) -> torch.dtype:
    if num_classes <= 16:
        return torch.int16
    return torch.int32 if num_classes <= 32 else torch.int64

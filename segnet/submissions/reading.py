"""Predictions beside their masks, image by image; all that is wrong is told at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8

from segnet.errors import UserError
from segnet.submissions.decoding import Decoded, Decoder, resize_nearest
from segnet.submissions.problems import Problem, ProblemError, describe
from segnet.submissions.sources import Found
from segnet.submissions.truth import Truth


class ScoredImage(NamedTuple):
    """An image with both of its masks, of one size."""

    place: int
    """Of the image in the split."""
    truth: UInt8[np.ndarray, "h w"]
    predicted: Decoded
    resized: bool
    """Whether the prediction had another size, and was made to fit."""


def read_pairs(
    truth: Truth, found: Found, decoder: Decoder, *, resize: bool = False
) -> Iterator[ScoredImage]:
    """Yield every image of the split. Nothing that was computed from them counts if this raises.

    Args:
        truth: the masks, at native size.
        found: the predictions.
        decoder: what their values stand for.
        resize: make predictions of another size fit, by the nearest label, instead of refusing.

    Raises:
        UserError: behind the last image, if anything was wrong with any; it lists everything.
    """
    problems = list(found.problems)
    for index, name in enumerate(truth.names):
        if name not in found.predictions:
            continue
        where, read = found.predictions[name]
        try:
            decoded = read(decoder)
        except ProblemError as error:
            problems.append(error.at(where))
            continue
        mask = truth.mask(index)
        if decoded.mask.shape == mask.shape:
            yield ScoredImage(index, mask, decoded, resized=False)
        elif resize:
            fitting = Decoded(resize_nearest(decoded.mask, mask.shape), None)
            yield ScoredImage(index, mask, fitting, resized=True)
        else:
            problems.append(_wrong_size(decoded.mask.shape, mask.shape, where))
    if problems:
        count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
        split = f"{truth.dataset} {truth.split} ({len(truth)} images)"
        raise UserError(f"{count} with the predictions for {split}:\n{describe(problems)}")


def _wrong_size(found: tuple[int, ...], wanted: tuple[int, ...], where: str) -> Problem:
    height, width = found
    return Problem(
        f"predictions of {height}x{width} for labels of {wanted[0]}x{wanted[1]}",
        where,
        "Resize the logits to the size of the labels, then take the arg max. "
        "--resize nearest scores them as they are, and brands the row.",
    )

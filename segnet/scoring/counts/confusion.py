"""Per-image confusion counts on the device: the one place where predictions meet the truth."""

from __future__ import annotations

import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

from segnet.errors import UserError
from segnet.taxonomy import IGNORE_INDEX


def confusion_counts(
    predicted: Int64[Tensor, "b h w"],
    masks: UInt8[Tensor, "b h w"] | Int64[Tensor, "b h w"],
    num_classes: int,
) -> Int64[Tensor, "b classes classes"]:
    """Count the pixels of class ``t`` predicted as ``p`` in ``[i, t, p]`` for each image ``i``.

    Pixels whose mask is ``IGNORE_INDEX`` are not counted. Exact: integers throughout.

    Raises:
        UserError: if a mask holds a label that is neither a class nor ``IGNORE_INDEX``; dropping it
        in
            silence would turn an error in the data into a score.
    """
    truth = masks.long()
    labelled = truth != IGNORE_INDEX
    stray = truth[labelled & (truth >= num_classes)]
    if len(stray):
        raise UserError(
            f"a mask holds the label {int(stray[0])}, but there are {num_classes} classes and void "
            f"is {IGNORE_INDEX}. The prepared data are damaged: delete data/prepared and run "
            "`dvc repro`."
        )
    image = torch.arange(len(truth), device=truth.device).view(-1, 1, 1)
    cell = (image * num_classes + truth) * num_classes + predicted
    counts = torch.bincount(cell[labelled], minlength=len(truth) * num_classes**2)
    return counts.view(len(truth), num_classes, num_classes)

"""``segbench verify``: scores a submission again from the masks that it holds."""

from __future__ import annotations

import math
import sys
from typing import Annotated

import typer

from segnet.cli.truth_options import find_truth
from segnet.errors import UserError

CANNOT_BE_VERIFIED = ("ece",)
"""Scores of probabilities, which are not kept."""


def verify(
    name: Annotated[str, typer.Argument(help="A folder in reports/submitted.")],
) -> None:
    """Score a submission's masks again; any difference to its record exits 1."""
    import torch

    from segnet.submissions.label_code import read_label_code
    from segnet.submissions.saved import MASKS_FILE, read_submission
    from segnet.submissions.scoring import score_predictions

    torch.set_num_threads(1)  # one picture at a time is too little work to share
    saved = read_submission(name)
    truth = find_truth(saved.record.dataset, saved.record.split)
    again = score_predictions(saved.folder / MASKS_FILE, truth, read_label_code("", truth.taxonomy))
    problems = []
    if (again.pairs != saved.pairs).any():
        problems.append("counts.npz holds other counts than its masks give")
    found, recorded = again.scores.model_dump(), saved.record.scores.model_dump()
    for score, value in recorded.items():
        if score not in CANNOT_BE_VERIFIED and not _equal(value, found[score]):
            problems.append(f"submission.json says {score} {value}, the masks give {found[score]}")
    if problems:
        lines = "\n".join(f"- {one}" for one in problems)
        raise UserError(
            f"{saved.folder}:\n{lines}\nRun `segbench score {saved.folder / MASKS_FILE} --dataset "
            f"{saved.record.dataset} --save {name}` again."
        )
    print(f"{name}: mIoU {100 * again.scores.miou:.2f} on {len(truth)} images, as recorded")
    print(saved.card.line(), file=sys.stderr)


def _equal(one: object, other: object) -> bool:
    """Equal, NaN with NaN, down to the last digits of a sum."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, abs_tol=1e-12) or (math.isnan(one) and math.isnan(other))
    return one == other

"""Classes that no training pixel shows: what the masks' labels say of the mistake behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from segnet.datasets.custom.description import Description
from segnet.datasets.custom.mask_decoding import inspect_mask
from segnet.datasets.custom.pairs import survey
from segnet.datasets.prepared.store import PreparedDataset
from segnet.errors import UserError

WHITE = 255


def how_to_mend(description: Description, labels: Iterable[int]) -> str:
    """The lines of the YAML that fit the masks, if their labels have a known pattern.

    Two are known: masks of black and white, which image editors write, and labels that count from
    1. Both are easily read as other classes than were drawn.

    Args:
        description: the YAML as it is.
        labels: every stored label of the training masks.

    Returns:
        Words without a full stop, or an empty string.
    """
    names, found = list(description.classes), set(labels)
    if not description.mask_code().labels:
        return ""
    if found == {0, WHITE} and len(names) == 2:
        lines = _table(names, (0, WHITE)) + _without_void(description, WHITE)
        return f"the masks hold 0 and 255 only: write {lines}"
    counted = set(range(1, len(names) + 1))
    drawn = found - {WHITE, 0}
    is_shifted = 0 not in found or len(names) in found
    if (
        drawn
        and drawn <= counted
        and drawn != {WHITE}
        and is_shifted
        and _count_from_0(description)
    ):
        lines = _table(names, range(1, len(names) + 1))
        if 0 in found:
            lines += " and add 0 to `ignore`"
        return f"if the masks' labels count from 1, write {lines}"
    return ""


def _table(names: Sequence[str], labels: Iterable[int]) -> str:
    pairs = zip(names, labels, strict=True)
    return f"`classes: {{{', '.join(f'{name}: {{label: {label}}}' for name, label in pairs)}}}`"


def _without_void(description: Description, label: int) -> str:
    return f" and take {label} out of `ignore`" if label in description.ignore else ""


def _count_from_0(description: Description) -> bool:
    labels = [entry.label for entry in description.classes.values()]
    return labels == list(range(len(labels)))


def require_every_class(description: Description, file: Path, data: PreparedDataset) -> None:
    """Check that the training images show every class.

    Args:
        description: the content of the YAML.
        file: the YAML.
        data: what was prepared of it.

    Raises:
        UserError: if they do not; where the masks' labels say why, with the lines that mend it.
    """
    train = data.splits["train"]
    present = train.class_counts.sum(0) > 0
    absent = [
        name for name, is_there in zip(description.classes, present, strict=True) if not is_there
    ]
    if not absent:
        return
    masks = [pair.mask for pair in survey(description, file).splits["train"]]
    labels = frozenset[int]().union(
        *(inspect_mask(mask, description.mask_code()).labels for mask in masks)
    )
    step = how_to_mend(description, labels) or (
        "Add images, give `splits` another `seed`, or take it out of `classes`"
    )
    raise UserError(
        f"{file}: classes: no training image has a pixel of {', '.join(absent)}, so no network can "
        f"learn it and its score would say nothing. {step[0].upper()}{step[1:]}."
    )

"""What is wrong with a user's own data set: everything, not the first thing. No torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Int64

from segnet.bench.contact_sheet import contact_sheet
from segnet.bench.pair_inspection import ODDITIES, Inspected, inspect_pair
from segnet.datasets.custom.absent_classes import how_to_mend
from segnet.datasets.custom.description import Description, read_description
from segnet.datasets.custom.files import Remark, some
from segnet.datasets.custom.pairs import LabelledFile, survey
from segnet.datasets.preparing.parallel import map_in_order
from segnet.datasets.progress import progress

TILES_PER_SPLIT = 8
STRAYS_NAMED = 5


def examine_data(file: Path, sheet: Path) -> list[Remark]:
    """Decode all that the YAML names, list what is wrong, and draw the contact sheet.

    Args:
        file: the YAML.
        sheet: where the picture goes; nothing is written if no pair can be drawn.

    Raises:
        UserError: if the YAML itself is wrong.
    """
    description = read_description(file)
    found = survey(description, file)
    named = [(split, pair) for split, pairs in found.splits.items() for pair in pairs]
    drawn = set(_chosen_for_sheet(found.splits))
    inspect = partial(inspect_pair, description.mask_code(), len(description.classes), drawn)
    with ThreadPoolExecutor() as pool, progress("reading", len(named), unit="pairs") as advance:
        inspected = []
        for one in map_in_order(inspect, named, pool):
            inspected.append(one)
            advance(1)
    findings = [*found.findings, *_file_findings(named, inspected)]
    findings += _copies(named, inspected)
    findings += _class_findings(description, file, named, inspected)
    findings.append(_fact(found.splits, file, findings))
    tiles = [one.tile for one in inspected if one.tile]
    if tiles:
        sheet.parent.mkdir(parents=True, exist_ok=True)
        contact_sheet(tiles, description.taxonomy()).save(sheet)
        step = "look at it: are the colours where the things are?"
        findings.append(Remark("fact", "contact sheet", str(sheet), step))
    return findings


def _chosen_for_sheet(splits: Mapping[str, Sequence[LabelledFile]]) -> Iterator[tuple[str, str]]:
    """Split and name of a few images of each split, spread over it."""
    for split, pairs in splits.items():
        places = np.linspace(0, len(pairs) - 1, min(TILES_PER_SPLIT, len(pairs)))
        for place in places.round().astype(int).tolist():
            yield split, pairs[place].name


def _file_findings(
    named: Sequence[tuple[str, LabelledFile]], inspected: Sequence[Inspected]
) -> list[Remark]:
    """What is wrong with single files."""
    findings = []
    for (split, pair), one in zip(named, inspected, strict=True):
        where = f"{split}/{pair.name}"
        for text in one.errors:
            found, _, step = text.rstrip(".").rpartition(". ")
            findings.append(Remark("error", where, found, step))
        if one.strays:
            words = [f"{stray.value} ({stray.pixels} pixels)" for stray in one.strays]
            more = f" and {len(words) - STRAYS_NAMED} more" if len(words) > STRAYS_NAMED else ""
            found = f"{pair.mask}: {', '.join(words[:STRAYS_NAMED])}{more}, first at row "
            found += f"{one.strays[0].row}, column {one.strays[0].column}: neither class nor void"
            step = "correct the mask, or add the value to `classes` or `ignore`"
            findings.append(Remark("error", where, found, step))
    for kind, step in ODDITIES.items():
        pairs = zip(named, inspected, strict=True)
        odd = [f"{split}/{pair.name}" for (split, pair), one in pairs if kind in one.oddities]
        if odd:
            findings.append(Remark("warning", some(odd), f"{len(odd)} {kind}", step))
    return findings


def _copies(
    named: Sequence[tuple[str, LabelledFile]], inspected: Sequence[Inspected]
) -> list[Remark]:
    """Images with the same pixels: an error if splits share them."""
    owners: dict[bytes, list[tuple[str, str]]] = {}
    for (split, pair), one in zip(named, inspected, strict=True):
        if one.digest:
            owners.setdefault(one.digest, []).append((split, pair.name))
    findings = []
    for same in owners.values():
        if len(same) == 1:
            continue
        where = some([f"{split}/{name}" for split, name in same])
        if len({split for split, _ in same}) > 1:
            step = "an image belongs to one split: delete the copies"
            findings.append(Remark("error", where, "same pixels in several splits", step))
        else:
            step = "delete the copies, unless they are meant to count twice"
            findings.append(Remark("warning", where, "same pixels", step))
    return findings


def _class_findings(
    description: Description,
    file: Path,
    named: Sequence[tuple[str, LabelledFile]],
    inspected: Sequence[Inspected],
) -> list[Remark]:
    """Classes that a split lacks, and masks without a labelled pixel."""
    labels = frozenset[int]().union(*(one.labels for one in inspected))
    hint = how_to_mend(description, labels)
    counts: dict[str, Int64[np.ndarray, " classes"]] = {}
    blank = []
    for (split, pair), one in zip(named, inspected, strict=True):
        counts[split] = counts.get(split, 0) + one.class_counts
        if not one.class_counts.any() and not one.errors:
            blank.append(f"{split}/{pair.name}")
    findings = []
    for split, pixels in counts.items():
        absent = [
            name for name, count in zip(description.classes, pixels, strict=True) if not count
        ]
        if absent:
            step = {
                "train": hint
                or "add images, move some from other splits (`seed`), or take it "
                "out of `classes`: no network can learn it",
                "val": "it has no say in choosing the checkpoint: add images, or another `seed`",
                "test": "its score says nothing: add images, or try another `seed`",
            }[split]
            found = f"no pixel of {', '.join(absent)} in '{split}'"
            level: Literal["error", "warning"] = "error" if split == "train" else "warning"
            findings.append(Remark(level, f"{file}: classes", found, step))
    is_said = any(one.next_step == hint for one in findings)
    if hint and not is_said and any(one.strays for one in inspected):
        found = f"the masks have the labels {', '.join(map(str, sorted(labels)))}"
        findings.append(Remark("error", f"{file}: classes", found, hint))
    if blank:
        step = "check `classes` and `ignore`; such an image teaches nothing"
        found = f"nothing but void: {some(blank)}"
        findings.append(Remark("warning", f"{file}: masks", found, step))
    return findings


def _fact(
    splits: Mapping[str, Sequence[LabelledFile]], file: Path, findings: Sequence[Remark]
) -> Remark:
    """How many pairs there are, and what comes next."""
    sizes = ", ".join(f"{split} {len(pairs)}" for split, pairs in splits.items())
    blocked = any(finding.level == "error" for finding in findings)
    step = "correct the errors first" if blocked else f"segbench run --dataset {file}"
    return Remark("fact", str(file), f"pairs: {sizes}", step)

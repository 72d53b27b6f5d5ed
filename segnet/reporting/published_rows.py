"""What others have published beside a comparison; only comparable numbers are ranked. No torch."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from segnet.reporting.columns import mean_and_sd
from segnet.reporting.rows import ComparisonRow
from segnet.reporting.table import DASH, Entry, Table, percent, text_table
from segnet.results.published import PublishedResult, load_published

OURS = "this bench"
STATED_IMAGES = re.compile(r"(\d[\d,]*) images")
RANKED_NOTE = (
    "Published rows are ranked only if they were trained on these images without class weights and "
    "scored on these images and label sizes by the same definition. Optimiser, augmentation, size "
    "and initial weights may differ. They come without an interval: a small gap says nothing. "
    "Published boundary F1 is left out: "
    "the released script matches boundary pixels one to one and counts boundaries with void, ours "
    "does neither. FCN-32s, 16s and 8s are ours without fc6 and fc7: 14.7 M parameters, not 134 M."
)


class PublishedRows(NamedTuple):
    """The published scores of one data set, beside a comparison of ours."""

    ranked: tuple[PublishedResult, ...]
    """Comparable with ours."""
    others: tuple[tuple[PublishedResult, str], ...]
    """Not comparable, and why."""


def published_beside(dataset: str, num_images: Sequence[int]) -> PublishedRows:
    """The published scores of a data set, told apart by whether they compare with ours.

    Args:
        dataset: whose rows.
        num_images: how many test images our rows were scored on; a published row that states
            another number was scored on another split.
    """
    rows = [one for one in load_published() if one.dataset == dataset and one.has_score]
    ranked, others = [], []
    for one in rows:
        stated = STATED_IMAGES.search(one.evaluated)
        scored_on = int(stated[1].replace(",", "")) if stated else None
        if one.comparable == "no":
            others.append((one, one.why))
        elif scored_on is not None and set(num_images) != {scored_on}:
            ours = " or ".join(map(str, num_images)) or "none"
            others.append((one, f"scored on {scored_on} images, ours on {ours}"))
        else:
            ranked.append(one)
    return PublishedRows(tuple(ranked), tuple(others))


def ranked_table(rows: Sequence[ComparisonRow], published: PublishedRows) -> Table:
    """Our trained rows and the comparable published ones by mIoU, the best first."""
    lines: list[tuple[float, tuple[str, ...]]] = []
    for row in rows:
        if row.seeds and not row.is_blind:
            found = row.intervals.get("miou")
            interval = f"{percent(found.low)}-{percent(found.high)}" if found else DASH
            scores = (row.pixel_accuracy, row.class_accuracy, row.boundary_f1)
            texts = (row.label, OURS, mean_and_sd(row.miou), interval, *map(percent, scores))
            lines.append((row.miou.mean, texts))
    for one in published.ranked:
        # no BF: the paper's matches boundary pixels one to one and counts those at void
        scores = (_number(one.pixel_accuracy), _number(one.class_accuracy), math.nan)
        miou = _number(one.miou)
        texts = (name_of(one), one.source, percent(miou), DASH, *map(percent, scores))
        lines.append((miou, texts))
    lines.sort(key=lambda line: -math.inf if math.isnan(line[0]) else line[0], reverse=True)
    return Table(
        headings=("model", "source", "mIoU %", "95 %", "G", "C", "BF"),
        lines=tuple(tuple(Entry(text, texts[1] == OURS) for text in texts) for _, texts in lines),
        num_text_columns=2,
    )


def others_table(published: PublishedRows) -> Table:
    """The incomparable rows, one line a source, and why; their order says nothing."""
    groups: dict[tuple[str, str], list[str]] = {}
    for one, why in published.others:
        scores = (("", one.miou), (" G", one.pixel_accuracy), (" C", one.class_accuracy))
        first = (f"{what} {percent(value)}" for what, value in scores if value is not None)
        text = f"{name_of(one)}{next(first, '')}"
        groups.setdefault((one.source, why), []).append(text)
    return text_table(
        ("source", "why it does not compare", "mIoU %; G or C where there is none"),
        ((source, why, "; ".join(texts)) for (source, why), texts in groups.items()),
    )


def name_of(one: PublishedResult) -> str:
    """``SegNet, 40K iterations``."""
    return f"{one.model}, {one.setting}" if one.setting else one.model


def _number(value: float | None) -> float:
    return math.nan if value is None else value

"""The formats that a comparison is printed in; of those for programs, the text too. No torch."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from segnet.reporting.columns import COLUMNS, Value, class_column
from segnet.reporting.comparison import Comparison
from segnet.reporting.comparison_tables import Choice
from segnet.reporting.html import comparison_html
from segnet.reporting.markup import comparison_latex, comparison_markdown
from segnet.reporting.published_rows import PublishedRows, name_of
from segnet.reporting.significance import gap_rows
from segnet.reporting.terminal import comparison_text

PUBLISHED_SCORES = {
    "miou": "miou",
    "pixel_accuracy": "pixel_accuracy",
    "class_accuracy": "class_accuracy",
    "fwiou": "fwiou",
    "boundary_f1": "bf",
}
"""CSV column -> field of a published result."""


def comparison_json(comparisons: Sequence[Comparison], choice: Choice) -> str:
    """Always everything: fractions of one, null for NaN."""
    plain = {one.dataset: _plain(_parts(one)) for one in comparisons}
    return json.dumps(plain, indent=1) + "\n"


def _parts(comparison: Comparison) -> dict[str, Any]:
    published = comparison.published
    parts: dict[str, Any] = {
        "protocol": comparison.protocol,
        "notes": comparison.notes,
        "rows": [
            dataclasses.asdict(row)
            | {"intervals": {name: one._asdict() for name, one in row.intervals.items()}}
            for row in comparison.rows
        ],
        "differences": gap_rows(comparison.rows, comparison.gaps),
    }
    if published is not None:
        parts["published"] = [one.model_dump(mode="json") for one in published.ranked]
        parts["published_but_not_comparable"] = [
            one.model_dump(mode="json") | {"comparable": "no", "why": why}
            for one, why in published.others
        ]
    return parts


def _plain(value: Any) -> Any:
    """The same data with lists for tuples and None for NaN."""
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def comparison_csv(comparisons: Sequence[Comparison], choice: Choice) -> str:
    """One line a data set, model and loss, under one heading. Fractions of one; NaN is empty.

    Every column is there, whichever are chosen. Published rows are lines with a ``source`` behind
    ours; ``comparable`` is ``no`` where they must not be ranked with ours. With ``significance``
    the lines are the pairs of rows instead.

    Args:
        comparisons: one a data set.
        choice: ``per_class`` adds a column ``iou_<class>`` for each class of any of the data sets.
    """
    if choice.significance:
        return exact_csv(
            {"dataset": one.dataset, **pair}
            for one in comparisons
            for pair in gap_rows(one.rows, one.gaps)
        )
    classes = dict.fromkeys(name for one in comparisons for name in one.classes)
    columns = [*COLUMNS, *(class_column(name) for name in classes if choice.per_class)]
    rows = []
    for one in comparisons:
        for row in one.rows:
            line: dict[str, Value] = {"dataset": one.dataset}
            for column in columns:
                line |= column.values(row)
            rows.append(line)
    if any(one.published is not None for one in comparisons):
        empty: dict[str, Value] = dict.fromkeys(rows[0], "") if rows else {}
        rows = [row | {"source": "", "comparable": "", "why": ""} for row in rows]
        for one in comparisons:
            rows += [empty | line for line in _published_lines(one.dataset, one.published)]
    return exact_csv(rows)


def _published_lines(dataset: str, published: PublishedRows | None) -> list[dict[str, Value]]:
    if published is None:
        return []
    return [
        {
            "dataset": dataset,
            "model": name_of(one),
            **{
                column: value
                for column, field in PUBLISHED_SCORES.items()
                if (value := getattr(one, field)) is not None
            },
            "source": one.source,
            "comparable": "no" if why else "yes",
            "why": why,
        }
        for one, why in (*((one, "") for one in published.ranked), *published.others)
    ]


def exact_csv(rows: Iterable[Mapping[str, Value]]) -> str:
    """Rows with the same keys as CSV: each number reads back as it was, NaN is empty."""
    rows = list(rows)
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\n")
    if rows:
        lines.writerow(rows[0])
    lines.writerows(["" if value != value else value for value in row.values()] for row in rows)
    return written.getvalue()


class Format(Protocol):
    """Comparisons, one a data set, as text that ends in a line break."""

    def __call__(self, comparisons: Sequence[Comparison], choice: Choice) -> str:
        """The text of what was chosen; CSV and JSON have every column whatever is chosen."""


FORMATS: dict[str, Format] = {
    "table": comparison_text,
    "md": comparison_markdown,
    "csv": comparison_csv,
    "json": comparison_json,
    "latex": comparison_latex,
    "html": comparison_html,
}

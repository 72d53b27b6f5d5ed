"""Which differences between the rows of a comparison are shown, and which are not. No torch."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from segnet.reporting.rows import ComparisonRow
from segnet.reporting.table import Entry, Table, percent, text_table
from segnet.statistics.intervals import NO_DIFFERENCE, Difference

SIGNS = {1: ">", -1: "<", 0: "="}

Signs = Mapping[tuple[str, str], int]


def number_rows(
    rows: Sequence[ComparisonRow], gaps: Iterable[Difference]
) -> tuple[ComparisonRow, ...]:
    """The rows with their numbers, and the numbers of those to which no difference is shown.

    A row that was compared with no other of these rows has ``ties`` None.
    """
    signs = signs_of(gaps)
    numbers = {key_of(row): number for number, row in enumerate(rows, 1)}
    numbered = []
    for number, row in enumerate(rows, 1):
        tested = {
            other: signs[key_of(row), key]
            for key, other in numbers.items()
            if (key_of(row), key) in signs
        }
        ties = tuple(other for other, sign in tested.items() if sign == 0) if tested else None
        numbered.append(dataclasses.replace(row, number=number, ties=ties))
    return tuple(numbered)


def key_of(row: ComparisonRow) -> str:
    """What names a row among those of its data set."""
    return f"{row.model}/{row.loss}"


def signs_of(gaps: Iterable[Difference]) -> Signs:
    """1 where the first row is shown to be higher than the second, -1 lower, 0 neither."""
    signs = {}
    for one in gaps:
        signs[one.first, one.second] = one.sign
        signs[one.second, one.first] = -one.sign
    return signs


def signs_table(rows: Sequence[ComparisonRow], gaps: Iterable[Difference]) -> Table:
    """A square of ``>``, ``<`` and ``=``: how the mIoU of the row stands to that of the column."""
    signs = signs_of(gaps)
    compared = [row for row in rows if row.ties is not None]
    lines = []
    for row in compared:
        pairs = ((key_of(row), key_of(other)) for other in compared)
        entries = [Entry(SIGNS[signs[pair]] if pair in signs else "") for pair in pairs]
        lines.append((Entry(str(row.number)), Entry(row.label), *entries))
    return Table(
        headings=("#", "model / loss", *(str(row.number) for row in compared)),
        lines=tuple(lines),
        num_text_columns=2,
    )


def gap_rows(rows: Sequence[ComparisonRow], gaps: Sequence[Difference]) -> list[dict[str, Any]]:
    """Every pair of these rows as plain data, the upper row first; fractions of one."""
    shown = {key_of(row): row for row in rows}
    pairs = []
    for one in gaps:
        if one.first in shown and one.second in shown:
            first, second = shown[one.first], shown[one.second]
            if first.number > second.number:
                one, first, second = one.turned(), second, first
            verdict = {1: f"{first.label} higher", -1: f"{second.label} higher", 0: NO_DIFFERENCE}
            pairs.append(
                {
                    "first_row": first.number,
                    "first": first.label,
                    "second_row": second.number,
                    "second": second.label,
                    "difference": one.difference,
                    "low": one.low,
                    "high": one.high,
                    "verdict": verdict[one.sign],
                    "remark": one.remark,
                }
            )
    return sorted(pairs, key=lambda pair: (pair["first_row"], pair["second_row"]))


def pairs_table(rows: Sequence[ComparisonRow], gaps: Sequence[Difference]) -> Table:
    """One line a pair with the interval of the difference in points."""
    lines = [
        (
            f"{pair['first_row']} {pair['first']} - {pair['second_row']} {pair['second']}",
            pair["verdict"] + (f" ({pair['remark']})" if pair["remark"] else ""),
            _points(pair["difference"]),
            f"{_points(pair['low'])} to {_points(pair['high'])}",
        )
        for pair in gap_rows(rows, gaps)
    ]
    return text_table(("pair", "verdict", "difference", "interval"), lines, 2)


def remarks_on(gaps: Iterable[Difference]) -> str:
    """A sentence for each remark that any of the differences has."""
    remarks = dict.fromkeys(one.remark for one in gaps if one.remark)
    return "".join(f" With {remark}." for remark in remarks)


def _points(fraction: float) -> str:
    """``+1.25``: percentage points."""
    text = percent(abs(fraction), digits=2)
    return f"{'-' if fraction < 0 else '+'}{text}"

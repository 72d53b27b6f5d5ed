"""``history.csv`` of a cell: one line an epoch. No torch."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from segnet.atomic import write_atomically
from segnet.errors import UserError

HISTORY_FILE = "history.csv"


def write_history(folder: Path, rows: Sequence[Mapping[str, int | float]]) -> None:
    """Write one line an epoch into a cell's folder; NaN (not validated) is an empty field."""
    lines = [",".join(rows[0])]
    for row in rows:
        lines.append(
            ",".join("" if math.isnan(value) else f"{value:.8g}" for value in row.values())
        )
    write_atomically(folder / HISTORY_FILE, "\n".join(lines) + "\n")


def read_history(folder: Path) -> tuple[Mapping[str, float], ...]:
    """The epochs of a trained cell, in order, each by column; an empty field is NaN.

    Raises:
        UserError: if the cell has left no history.
    """
    path = folder / HISTORY_FILE
    try:
        with path.open(newline="") as lines:
            return tuple(
                {name: float(text) if text else math.nan for name, text in line.items()}
                for line in csv.DictReader(lines)
            )
    except FileNotFoundError:
        raise UserError(f"{path} does not exist: this cell has not run. Run `dvc repro`.") from None

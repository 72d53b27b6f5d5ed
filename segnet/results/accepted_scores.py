"""Accepted scores of a bench, ``baseline.json``: what later ones are held against. No torch.

A *group* is the cells of one data set, model and loss, which differ in their seed alone.
"""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import ClassVar

from pydantic import Field, ValidationError

from segnet.atomic import write_atomically
from segnet.errors import UserError
from segnet.paths import report_folder
from segnet.results.records import Provenance
from segnet.results.spread import Spread
from segnet.schema import Fraction, Section

SMALLEST_BAND = 0.03
"""Of mIoU. A toy SegNet on drawn shapes has a standard deviation of 0.012 over seeds, and loses
0.09 if it unpools with the indices of another image: 0.03 tells them apart."""
SEED_SDS, ARITHMETIC_SDS = 3, 5
ARITHMETIC = Spread(
    sd=0.0087,
    degrees_of_freedom=18,
    source="bench smoke: 6 cells with the instruction sets of three generations of processors",
)
"""What a bench is taken to have whose trainings were not repeated on other processors."""


class BaselineGroup(Section):
    """What the seeds of one group scored when they were accepted."""

    miou: dict[int, Fraction] = Field(min_length=1)
    """Test mIoU of the selected checkpoint by seed."""
    provenance: Provenance
    """Environment and commit of the first seed."""

    @property
    def median(self) -> float:
        """Median mIoU over the seeds."""
        return statistics.median(self.miou.values())


class Baseline(Section):
    """``reports/<bench>/baseline.json``."""

    SCHEMA: ClassVar[int] = 2
    FILE_NAME: ClassVar[str] = "baseline.json"

    schema_version: int = SCHEMA
    bench: str
    command: str
    """What wrote this file."""
    seeds: Spread
    """Over seeds, within groups."""
    arithmetic: Spread
    """Of one cell over processors, instruction sets, threads and libraries."""
    groups: dict[str, BaselineGroup]
    """By ``data set/model/loss``."""

    def write(self, folder: Path) -> Path:
        """Write the record into ``folder``, whole or not at all."""
        path = folder / self.FILE_NAME
        text = json.dumps(self.model_dump(mode="json"), indent=1, allow_nan=False)
        write_atomically(path, text + "\n")
        return path

    @classmethod
    def read(cls, folder: Path) -> Baseline | None:
        """Read the record of a bench's folder; None if there is none.

        Raises:
            UserError: if the file is no JSON or no record of this schema.
        """
        path = folder / cls.FILE_NAME
        anew = "delete it and run `segbench check --update`"
        try:
            text = path.read_text()
        except FileNotFoundError:
            return None
        try:
            data = json.loads(text)
            if isinstance(data, dict) and data.get("schema_version", cls.SCHEMA) != cls.SCHEMA:
                raise UserError(
                    f"{path} has schema {data['schema_version']}, this code reads {cls.SCHEMA}. If "
                    f"the bench's present results are good, {anew}."
                )
            return cls.model_validate_json(text)
        except (ValidationError, json.JSONDecodeError) as error:
            raise UserError(f"{path} is not a baseline: {error}. Restore it, or {anew}.") from None


def band(accepted: Baseline) -> float:
    """The change of a group's median mIoU that chance can cause, a fraction of one.

    The largest of 0.03, 3 standard deviations over seeds and 5 over arithmetic, each of them the
    upper bound of what was measured. All groups of a bench share it: a spread of one group's few
    runs would hardly be known.
    """
    return max(
        SMALLEST_BAND, SEED_SDS * accepted.seeds.bound, ARITHMETIC_SDS * accepted.arithmetic.bound
    )


def read_baseline(bench: str) -> Baseline:
    """The accepted scores of a bench.

    Raises:
        UserError: if there are none, or their file is broken.
    """
    folder = report_folder(bench)
    accepted = Baseline.read(folder)
    if accepted is None:
        raise UserError(
            f"{folder / Baseline.FILE_NAME} does not exist: bench '{bench}' has no baseline. "
            f"If its present results are good, run `segbench check --bench {bench} --update` and "
            "commit the file."
        )
    return accepted

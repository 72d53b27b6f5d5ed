"""``reports/<bench>/baseline.json``: the scores that later ones are held against. No torch.

A *group* is the cells of one data set, model and loss, which differ in their seed alone.
"""

from __future__ import annotations

import json
import math
import statistics
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, ValidationError

from segnet.atomic import write_atomically
from segnet.errors import UserError
from segnet.paths import report_folder
from segnet.results.records import Provenance
from segnet.schema import Fraction, Section

SMALLEST_BAND = 0.03
"""Of mIoU. A toy SegNet on drawn shapes has a standard deviation of 0.012 over seeds, and loses
0.09 if it unpools with the indices of another image: 0.03 tells them apart."""
SEED_SDS, NUMERIC_SDS = 3, 5
SD_NUMERIC = 0.002
SD_NUMERIC_FROM = (
    "the toy SegNet, 2 seeds, with 1 and 2 threads and with the instruction sets of three "
    "generations of processors: pooled standard deviation of mIoU"
)


LARGEST_SD = 0.2
"""A gate with a larger spread lets everything pass."""


def _is_a_spread(sd: float) -> float:
    if sd > LARGEST_SD:
        raise ValueError(f"no trainings scatter by more than {LARGEST_SD}")
    return sd


class AcceptedGroup(Section):
    """What the seeds of one group scored when they were accepted."""

    miou: dict[int, Fraction] = Field(min_length=1)
    """Test mIoU of the selected checkpoint by seed."""
    sd_seed: Annotated[Fraction, AfterValidator(_is_a_spread)]
    """Sample standard deviation over the seeds; NaN for one seed, 0 for a predictor without."""
    sd_numeric: Annotated[Fraction, AfterValidator(_is_a_spread)]
    """Standard deviation that other arithmetic alone causes: threads, processors, libraries."""
    provenance: Provenance
    """Environment and commit of the first seed."""

    @property
    def median(self) -> float:
        """Median mIoU over the seeds."""
        return statistics.median(self.miou.values())


class Accepted(Section):
    """``reports/<bench>/baseline.json``."""

    SCHEMA: ClassVar[int] = 1
    FILE_NAME: ClassVar[str] = "baseline.json"

    schema_version: int = SCHEMA
    bench: str
    command: str
    """What wrote this file."""
    sd_numeric_from: str
    groups: dict[str, AcceptedGroup]
    """By ``data set/model/loss``."""

    def write(self, folder: Path) -> Path:
        """Write the record into ``folder``, whole or not at all; NaN is stored as null."""
        path = folder / self.FILE_NAME
        data = json.loads(self.model_dump_json())  # pydantic writes NaN as null
        write_atomically(path, json.dumps(data, indent=1, allow_nan=False) + "\n")
        return path

    @classmethod
    def read(cls, folder: Path) -> Accepted | None:
        """Read the record of a bench's folder; None if there is none.

        Raises:
            UserError: if the file is no JSON or no record of this schema.
        """
        path = folder / cls.FILE_NAME
        try:
            record = cls.model_validate_json(path.read_text())
        except FileNotFoundError:
            return None
        except ValidationError as error:
            raise UserError(
                f"{path} is not a baseline: {error}. Restore it, or write it anew with "
                "`segbench check --update`."
            ) from None
        if record.schema_version != cls.SCHEMA:
            raise UserError(
                f"{path} has schema {record.schema_version}, this code reads {cls.SCHEMA}. "
                "Write it anew with `segbench check --update`."
            )
        return record


def band(group: AcceptedGroup, accepted: Accepted) -> float:
    """The change of the median mIoU that chance can cause, a fraction of one.

    The largest of 0.03, 3 standard deviations over seeds and 5 over arithmetic. A group of one seed
    has no spread of its own: it takes the largest of the bench's other groups.
    """
    known = [one.sd_seed for one in accepted.groups.values() if not math.isnan(one.sd_seed)]
    sd_seed = max(known, default=0.0) if math.isnan(group.sd_seed) else group.sd_seed
    return max(SMALLEST_BAND, SEED_SDS * sd_seed, NUMERIC_SDS * group.sd_numeric)


def read_accepted(bench: str) -> Accepted:
    """The accepted scores of a bench.

    Raises:
        UserError: if there are none, or their file is broken.
    """
    folder = report_folder(bench)
    accepted = Accepted.read(folder)
    if accepted is None:
        raise UserError(
            f"{folder / Accepted.FILE_NAME} does not exist: bench '{bench}' has no baseline. "
            f"If its present results are good, run `segbench check --bench {bench} --update` and "
            "commit the file."
        )
    return accepted

"""Intervals over test images and paired differences of a bench, and the file that keeps them.

``reports/<bench>/intervals.json`` is written by the stage `report`, because reading the counts
takes seconds and `segbench compare` must answer at once. It is used only for the very scores that
it was made from; where they have changed, a few rows are computed again and more are left out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from pydantic import Field, ValidationError

from segnet.atomic import write_atomically
from segnet.errors import UserError
from segnet.results.cells import CellResult, Results
from segnet.schema import Score, Section
from segnet.statistics.intervals import Difference, Interval

MAX_PAIRED = 22
"""Rows of a table that are compared in pairs. Each interval is at level 1 - 0.05 / pairs; from a
dozen blocks, those of more than 231 pairs are so wide that they show nothing."""

MAX_AT_ONCE = 12
"""Runs whose counts `segbench compare` reads itself."""


class DatasetIntervals(Section):
    """What the counts of the test images of one data set say."""

    digest: str
    """Of the scores that the rest follows from."""
    blocks: str = ""
    """Into what the test split falls, ``12 blocks of about 20 frames of the videos a and b``."""
    reach: str = ""
    """Of which images the intervals speak."""
    reason: str = ""
    """Why there are no intervals, if there are none."""
    lone_classes: int = 0
    """Classes that a single block shows."""
    scores: dict[str, dict[str, tuple[Score, Score, Score]]] = Field(default={})
    """By ``model/loss`` and score: low, high and standard error."""
    gaps: tuple[Difference, ...] = ()
    """Every pair of trained models; empty if there are too many."""

    def of_row(self, row: str) -> dict[str, Interval]:
        """The intervals of a row by score; empty if it has none."""
        return {name: Interval(*one) for name, one in self.scores.get(row, {}).items()}


class IntervalsRecord(Section):
    """``reports/<bench>/intervals.json``."""

    SCHEMA: ClassVar[int] = 2
    FILE_NAME: ClassVar[str] = "intervals.json"

    schema_version: int = SCHEMA
    datasets: dict[str, DatasetIntervals]

    def text(self) -> str:
        """The content of the file; NaN is null."""
        return json.dumps(json.loads(self.model_dump_json()), indent=1) + "\n"

    def write(self, folder: Path) -> None:
        """Write the file into the bench's folder, whole or not at all."""
        write_atomically(folder / self.FILE_NAME, self.text())

    @classmethod
    def read(cls, folder: Path) -> IntervalsRecord:
        """What the bench's folder holds; nothing if there is no file or it has another schema.

        Raises:
            UserError: if the file is damaged.
        """
        path = folder / cls.FILE_NAME
        if not path.exists():
            return cls(datasets={})
        try:
            text = path.read_text()
            if json.loads(text).get("schema_version") != cls.SCHEMA:
                return cls(datasets={})
            return cls.model_validate_json(text)
        except (AttributeError, ValidationError, ValueError) as error:
            raise UserError(f"{path} is damaged ({error}). Run `dvc repro`.") from None


def compute_bench(results: Results) -> IntervalsRecord:
    """The intervals of all done cells of a bench.

    Raises:
        UserError: if the counts of a done cell are not there.
    """
    from segnet.reporting.interval_making import compute_intervals

    return IntervalsRecord(
        datasets={
            dataset: compute_intervals(done_cells(results.of_dataset(dataset)))
            for dataset in results.bench.datasets
        }
    )


def find_intervals(
    stored: IntervalsRecord, dataset: str, cells: Sequence[CellResult], shown: Sequence[CellResult]
) -> DatasetIntervals:
    """The stored intervals if they are of these results; else those of the rows shown, if few.

    Args:
        stored: what the stage `report` has left.
        dataset: whose intervals.
        cells: all cells of the data set.
        shown: those of the rows that are shown.
    """
    done = done_cells(cells)
    known = stored.datasets.get(dataset)
    if known is not None and known.digest == digest_of(done):
        return known
    shown = done_cells(shown)
    if not shown or (reason := obstacle(shown)) or len(shown) <= MAX_AT_ONCE:
        from segnet.reporting.interval_making import compute_intervals  # loads numpy

        try:
            return compute_intervals(shown)
        except UserError as error:
            reason = str(error)
    else:
        reason = (
            f"{IntervalsRecord.FILE_NAME} is not of these results. Run `dvc repro`, or choose at "
            f"most {MAX_AT_ONCE} runs with --models and --losses."
        )
    return DatasetIntervals(digest="", reason=reason)


def done_cells(cells: Sequence[CellResult]) -> list[CellResult]:
    """Those that have scores."""
    return [one for one in cells if one.status == "done"]


def digest_of(cells: Sequence[CellResult]) -> str:
    """A digest that changes with the scores, the images and the videos of any cell.

    The scores follow from the counts and are read anyway; the counts of a thousand cells are
    not.
    """
    digest = hashlib.sha256()
    for one in cells:
        scores = one.score_of("selected")
        if one.evaluation is None or scores is None:
            continue
        said = scores.scores
        numbers = (said.miou, said.pixel_accuracy, said.fwiou, *said.iou.values())
        digest.update(repr((one.cell.slug, scores.num_images, *numbers)).encode())
        digest.update("\n".join(one.evaluation.sequences).encode())
    return digest.hexdigest()


def obstacle(cells: Sequence[CellResult]) -> str:
    """Why there cannot be intervals of these cells together; empty if there can."""
    if not cells:
        return "no cell is done"
    evaluations = [one.evaluation for one in cells if one.evaluation]
    if any(not one.sequences for one in evaluations):
        return (
            "some records do not say which test images are frames of one video, and counting "
            "frames one by one would give intervals that are too narrow. Run `dvc repro`"
        )
    images = {(one.image_names, one.sequences) for one in evaluations}
    if len(images) > 1 or len({one.provenance.data_fingerprint for one in evaluations}) > 1:
        return "the cells were scored on different data. Run `dvc repro`"
    return ""

"""Scores that others have published, each with its protocol and source. No torch.

``published.yaml`` holds them in percent, as their sources print them; here they are fractions of
one, as all scores in this project. ``comparable`` says whether a number was measured as ours are:
trained on the same images without class weights, and scored on the same images at the same label
size by the same definition. An incomparable number is context, never a rank.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from segnet.errors import UserError, nearest
from segnet.schema import Name, Section, read_yaml

PUBLISHED = Path(__file__).with_name("published.yaml")


def _fraction(percent: Any) -> float:
    """A fraction of one; the rounding removes what the division by 100 adds."""
    if isinstance(percent, bool) or not isinstance(percent, int | float) or not 0 <= percent <= 100:
        raise ValueError("must be a percentage from 0 to 100")
    return round(percent / 100, 8)


Text = Annotated[str, Field(min_length=1)]
Percent = Annotated[float, BeforeValidator(_fraction)]
"""Percent in the file, a fraction of one once read."""

Cost = Annotated[float, Field(ge=0)]

SCORES = ("miou", "pixel_accuracy", "class_accuracy", "fwiou", "bf", "accuracy", "iou", "other")
COSTS = (
    "parameters_millions",
    "forward_ms",
    "backward_ms",
    "training_memory_mb",
    "inference_memory_mb",
    "model_mb",
)


class PublishedResult(Section):
    """One row of one published table."""

    table: Text
    """Which table of the file, ``segnet-table-1-unweighted``."""
    source: Text
    """Paper and table, or repository, commit and file; anyone can look it up."""
    dataset: Name
    model: Text
    """The name in the source."""
    ours: Name | None = None
    """The model of this project with that architecture."""
    setting: str = ""
    """What tells rows of one model apart, ``40K iterations``."""
    train: Text
    """Training data, and class weights if there are any."""
    resolution: Text
    """Height x width that was scored, ``original``, or ``not stated``."""
    evaluated: Text
    """The split that was scored."""
    definition: Text
    """How the score was computed."""
    comparable: Literal["yes", "no"]
    why: str = ""
    """Why not, if it is not."""
    note: str = ""

    miou: Percent | None = None
    pixel_accuracy: Percent | None = None
    class_accuracy: Percent | None = None
    fwiou: Percent | None = None
    bf: Percent | None = None
    """Boundary F1."""
    accuracy: dict[str, Percent] = Field(default={})
    """Accuracy (recall) of each class."""
    iou: dict[str, Percent] = Field(default={})
    other: dict[str, Percent] = Field(default={})
    """Quantities that are none of the above, whatever the source calls them."""

    parameters_millions: Cost | None = None
    forward_ms: Cost | None = None
    backward_ms: Cost | None = None
    training_memory_mb: Cost | None = None
    inference_memory_mb: Cost | None = None
    model_mb: Cost | None = None

    @property
    def has_score(self) -> bool:
        """Whether the row has any score; else it has costs, or a note on what is missing."""
        return any(getattr(self, name) not in (None, {}) for name in SCORES)

    @model_validator(mode="after")
    def _states_what_it_must(self) -> PublishedResult:
        if self.comparable == "no" and not self.why:
            raise ValueError("it is not comparable, but 'why' does not say why")
        if self.comparable == "yes" and self.why:
            raise ValueError("it is comparable, so 'why' must be empty; a remark goes into 'note'")
        has_cost = any(getattr(self, name) is not None for name in COSTS)
        if not (self.has_score or has_cost or self.note):
            raise ValueError("it has no score, no cost and no 'note' that says so")
        return self


def load_published(path: Path = PUBLISHED) -> tuple[PublishedResult, ...]:
    """Every published row, in the order of the file.

    A table of the file states the facts that its rows share; a row that gives a key itself
    overrides the table's. A row that gives ``comparable`` also gives its own ``why``.

    Raises:
        UserError: if the file is missing or no YAML, or a row is incomplete, has an unknown key, a
            value out of range or the model and setting of another row of its table.
    """
    results: list[PublishedResult] = []
    for number, table in enumerate(_tables(path)):
        name = table.get("table", f"number {number}")
        shared = {key: value for key, value in table.items() if key != "rows"}
        seen: set[tuple[str, str]] = set()
        for row_number, row in enumerate(table["rows"], 1):
            where = f"{path.name}: table '{name}', row {row_number} ({row.get('model', '?')})"
            inherited = dict(shared)
            if "comparable" in row:
                inherited.pop("why", None)
            result = _check(inherited | row, where)
            if (result.model, result.setting) in seen:
                raise UserError(f"{where} is there twice. Tell them apart by 'setting'.")
            seen.add((result.model, result.setting))
            results.append(result)
    return tuple(results)


def _tables(path: Path) -> list[dict[str, Any]]:
    """The tables of the file, which all have rows."""
    data = read_yaml(path)
    tables = data.get("tables") if isinstance(data, dict) else None
    if not isinstance(tables, list) or not all(
        isinstance(table, dict) and table.get("rows") for table in tables
    ):
        raise UserError(f"{path.name}: needs a list 'tables', each with a list 'rows' of maps.")
    return tables


def _check(data: dict[str, Any], where: str) -> PublishedResult:
    try:
        return PublishedResult.model_validate(data)
    except ValidationError as error:
        problems = "; ".join(_explain(problem) for problem in error.errors())
        raise UserError(f"{where}: {problems}.") from None


def _explain(problem: Any) -> str:
    """A few words for one pydantic error."""
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"unknown key '{key}'. {nearest(key, PublishedResult.model_fields)}".rstrip(" ?")
    if problem["type"] == "missing":
        return f"'{key}' is missing; give it in the row or in its table"
    message = problem["msg"].removeprefix("Value error, ")
    return f"'{key}': {message}, not {problem['input']!r}" if key else message

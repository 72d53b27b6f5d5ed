"""``params.yaml`` as frozen, typed objects. The only reader of that file; imports no torch.

An unknown key, a wrong type or a name that nothing defines stops here, before any work is done.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from segnet.errors import UserError, nearest, unknown

Name = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
Size = tuple[Annotated[int, Field(ge=16)], Annotated[int, Field(ge=16)]]
Range = tuple[float, float]

BLIND_PREDICTORS = ("majority", "prior")
"""Predictors that look at no image; a network that does not beat them is broken."""


class Section(BaseModel):
    """A block of ``params.yaml``: immutable, and no key but its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Cell(Section):
    """One training run: a point of the bench's grid."""

    bench: str
    dataset: Name
    model: Name
    loss: Name
    seed: int

    @property
    def slug(self) -> str:
        """The cell's folder name, ``camvid-segnet_v1-ce-s0``."""
        return f"{self.dataset}-{self.model}-{self.loss}-s{self.seed}"


class MoreSeeds(Section):
    """Further seeds of some cells of a bench: models x losses x seeds, on each data set."""

    models: tuple[Name, ...] = ()
    losses: tuple[Name, ...] = ()
    seeds: tuple[Annotated[int, Field(ge=0)], ...] = ()


class Bench(Section):
    """What one bench trains and how long: a preset is exactly this block."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    title: str
    datasets: tuple[Name, ...] = Field(min_length=1)
    models: tuple[Name, ...] = Field(min_length=1)
    losses: tuple[Name, ...] = Field(min_length=1)
    seeds: tuple[Annotated[int, Field(ge=0)], ...] = Field(min_length=1)
    more_seeds: MoreSeeds = MoreSeeds()
    recipe: Name
    working_size: Size
    """Height, width: images are shrunk to fit, aspect kept; masks stay at their own size."""
    total_epochs: int = Field(ge=1)
    validate_every_epochs: int = Field(ge=1)
    width: float = Field(gt=0, le=2)
    """One factor on the channel counts of every network."""
    encoder_weights: Name
    """``random``, or the name of the weights that every encoder starts from."""
    precision: Literal["auto", "float32", "bfloat16"]

    def cells(self) -> tuple[Cell, ...]:
        """Every combination of the bench's axes, in the order of the file, seeds together."""
        return tuple(
            Cell(bench=self.name, dataset=dataset, model=model, loss=loss, seed=seed)
            for dataset in self.datasets
            for model in self.models
            for loss in self.losses
            for seed in (*self.seeds, *self._further_seeds(model, loss))
        )

    def _further_seeds(self, model: str, loss: str) -> tuple[int, ...]:
        more = self.more_seeds
        return more.seeds if model in more.models and loss in more.losses else ()

    @model_validator(mode="after")
    def _further_seeds_are_of_the_bench(self) -> Bench:
        more = self.more_seeds
        for axis, known in (("models", self.models), ("losses", self.losses)):
            if strays := set(getattr(more, axis)) - set(known):
                raise ValueError(f"more_seeds: no {axis} of the bench: {sorted(strays)}")
        if twice := set(more.seeds) & set(self.seeds):
            raise ValueError(f"more_seeds repeats seeds of the bench: {sorted(twice)}")
        return self

    def blind_cells(self) -> tuple[Cell, ...]:
        """The rows that train nothing: majority class and per-pixel prior of each data set."""
        return tuple(
            Cell(bench=self.name, dataset=dataset, model=name, loss="none", seed=0)
            for dataset in self.datasets
            for name in BLIND_PREDICTORS
        )


class Optimizer(Section):
    """Arguments of ``segnet.training.optimizer.build_optimizer``."""

    kind: Literal["sgd", "adam", "adamw"]
    learning_rate: float = Field(gt=0)
    momentum: float = Field(default=0.9, ge=0, lt=1)
    weight_decay: float = Field(default=0.0, ge=0)


class Schedule(Section):
    """Arguments of ``segnet.training.optimizer.learning_rate_factor``."""

    kind: Literal["constant", "cosine", "poly", "one_cycle"]
    warmup_fraction: float = Field(default=0.0, ge=0, lt=1)
    power: float = Field(default=0.9, gt=0)


class Augmentation(Section):
    """Arguments of ``segnet.training.augmentation.augment_batch``; the defaults change nothing."""

    scale: Range = (1.0, 1.0)
    crop: Size | Annotated[float, Field(gt=0, le=1)] = 1.0
    """Height and width of a training image, or that fraction of the working size."""
    flip_probability: float = Field(default=0.0, ge=0, le=1)
    rotation_degrees: float = Field(default=0.0, ge=0, le=180)
    brightness: float = Field(default=0.0, ge=0, lt=1)
    contrast: float = Field(default=0.0, ge=0, lt=1)
    saturation: float = Field(default=0.0, ge=0, le=1)

    def crop_size(self, working_size: Size) -> Size:
        """Height and width of a training image."""
        if isinstance(self.crop, tuple):
            return self.crop
        height, width = working_size
        return round(height * self.crop), round(width * self.crop)

    @model_validator(mode="after")
    def _scale_is_a_range(self) -> Augmentation:
        if not 0 < self.scale[0] <= self.scale[1]:
            raise ValueError(f"scale must be two numbers 0 < low <= high, not {list(self.scale)}")
        return self


class Recipe(Section):
    """How a network is trained; ``expects`` says what that costs and scores."""

    source: str
    expects: str
    batch_size: int = Field(ge=1)
    optimizer: Optimizer
    schedule: Schedule
    augmentation: Augmentation
    batch_norm: Literal["running", "reestimated"]
    """Statistics at evaluation: averaged while training, or anew over a full pass before each."""


class Config(Section):
    """The whole of ``params.yaml``."""

    bench: Bench
    recipes: dict[Name, Recipe]
    models: dict[Name, dict[str, Any]]
    losses: dict[Name, dict[str, Any]]
    datasets: dict[Name, dict[str, Any]]

    @property
    def recipe(self) -> Recipe:
        """The recipe that the bench names."""
        return self.recipes[self.bench.recipe]

    def resolved(self, cell: Cell) -> dict[str, Any]:
        """Every parameter that can change the result of training ``cell``, as plain data."""
        bench = self.bench.model_dump(mode="json")
        for axis in ("title", "datasets", "models", "losses", "seeds", "more_seeds"):
            del bench[axis]
        recipe = self.recipe.model_dump(mode="json")
        for words in ("source", "expects"):
            del recipe[words]
        return {
            "cell": cell.model_dump(),
            "bench": bench,
            "recipe": recipe,
            "model": self.models[cell.model],
            "loss": self.losses[cell.loss],
            "dataset": self.datasets[cell.dataset],
        }


def config_digest(resolved: dict[str, Any]) -> str:
    """Twelve hexadecimal digits that change with any parameter of a resolved configuration."""
    text = json.dumps(resolved, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def read_yaml(path: Path) -> Any:
    """The content of a YAML 1.2 file, read as DVC reads it (``1e-3`` is a number, ``no`` a word).

    Raises:
        UserError: if the file is missing or is not YAML.
    """
    try:
        return YAML(typ="safe").load(path)
    except FileNotFoundError:
        raise UserError(
            f"{path} does not exist. Run the command from the project's root."
        ) from None
    except YAMLError as error:
        raise UserError(f"{path} is not valid YAML: {error}") from None


def load_config(path: Path = Path("params.yaml")) -> Config:
    """Read and check ``params.yaml``.

    Raises:
        UserError: on an unknown key, a wrong value, or a name in ``bench`` that nothing defines.
    """
    data = read_yaml(path)
    try:
        config = Config.model_validate(data)
    except ValidationError as error:
        # a misspelt key is also a missing one: say first what was written
        problems = sorted(error.errors(), key=lambda problem: problem["type"] == "missing")
        raise UserError("\n".join(_explain(path, problem) for problem in problems)) from None
    bench = config.bench
    for what, names, known in (
        ("dataset", bench.datasets, config.datasets),
        ("model", bench.models, config.models),
        ("loss", bench.losses, config.losses),
        ("recipe", (bench.recipe,), config.recipes),
    ):
        for name in names:
            if name not in known:
                raise UserError(f"{path}: bench: {unknown(what, name, known)}")
    return config


def _explain(path: Path, problem: Any) -> str:
    """One line for one pydantic error."""
    where = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "missing":
        return f"{path}: '{where}' is missing. Add it; `segbench preset demo` shows every key."
    if problem["type"] != "extra_forbidden":
        return f"{path}: '{where}': {problem['msg']}, not {problem['input']!r}."
    known = _keys_at(problem["loc"][:-1])
    hint = nearest(str(problem["loc"][-1]), known)
    return f"{path}: unknown key '{where}'. {hint}Known keys: {', '.join(known)}."


def _keys_at(loc: tuple[int | str, ...]) -> list[str]:
    """The keys that the section at ``loc`` knows."""
    section: Any = Config
    for part in loc:
        if isinstance(section, type) and issubclass(section, Section):
            section = section.model_fields[str(part)].annotation
        else:  # dict[Name, Section]: the key is a name, the value's type is the section
            section = get_args(section)[1]
    return list(section.model_fields)

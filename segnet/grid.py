"""What one bench trains: the block ``bench`` of ``params.yaml``, and the cells of its grid."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field, model_validator

from segnet.schema import Name, Section, Size

BLIND_PREDICTORS = ("majority", "prior")
"""Predictors that never see an image; a network that does not beat them is broken."""


T = TypeVar("T")


def _each_once(values: tuple[T, ...]) -> tuple[T, ...]:
    """A seed that is named twice is no second seed, nor a model a second model."""
    if twice := sorted({str(value) for value in values if values.count(value) > 1}):
        raise ValueError(f"names {', '.join(twice)} more than once; name each once")
    return values


Seed = Annotated[int, Field(ge=0, lt=2**63, strict=True)]
"""A number and not its text: what stands in the file reaches DVC's shell as it is."""
Names = Annotated[tuple[Name, ...], AfterValidator(_each_once)]
Seeds = Annotated[tuple[Seed, ...], AfterValidator(_each_once)]


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

    models: Names = ()
    losses: Names = ()
    seeds: Seeds = ()


class Bench(Section):
    """What one bench trains and how long: a preset is exactly this block."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=64)]
    title: str
    datasets: Names = Field(min_length=1)
    models: Names = Field(min_length=1)
    losses: Names = Field(min_length=1)
    seeds: Seeds = Field(min_length=1)
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

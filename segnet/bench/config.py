"""``params.yaml`` as frozen, typed objects. The only reader of that file; imports no torch.

An unknown key, a wrong type or a name that nothing defines stops here, before any work is done.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from segnet.errors import UserError, nearest, unknown
from segnet.grid import Bench, Cell
from segnet.models.pretrained import ENCODER_WEIGHTS
from segnet.schema import Name, Section, read_yaml
from segnet.training.recipe import Recipe


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
        return self.settings(self.bench, cell)

    def settings(self, bench: Bench, cell: Cell) -> dict[str, Any]:
        """:meth:`resolved` for a cell of any bench; None where this file lacks what it names."""
        axes = {"title", "datasets", "models", "losses", "seeds", "more_seeds"}
        recipe = self.recipes.get(bench.recipe)
        words = {"source", "expects"}
        return {
            "cell": cell.model_dump(),
            "bench": bench.model_dump(mode="json", exclude=axes),
            "recipe": recipe and recipe.model_dump(mode="json", exclude=words),
            "model": self.models.get(cell.model),
            "loss": self.losses.get(cell.loss),
            "dataset": self.datasets.get(cell.dataset),
        }


def config_digest(resolved: dict[str, Any]) -> str:
    """Twelve hexadecimal digits that change with any parameter of a resolved configuration."""
    text = json.dumps(resolved, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


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
        problems = sorted(_causes(error), key=lambda problem: problem["type"] == "missing")
        raise UserError("\n".join(_explain(path, problem) for problem in problems)) from None
    bench = config.bench
    for what, names, known in (
        ("dataset", bench.datasets, config.datasets),
        ("model", bench.models, config.models),
        ("loss", bench.losses, config.losses),
        ("recipe", (bench.recipe,), config.recipes),
        ("encoder weights", (bench.encoder_weights,), ENCODER_WEIGHTS),
    ):
        for name in names:
            if name not in known:
                raise UserError(f"{path}: bench: {unknown(what, name, known)}")
    return config


def _causes(error: ValidationError) -> list[Any]:
    """Its problems without lists that are too short only because their items are wrong."""
    problems = error.errors()
    lists = {problem["loc"][:-1] for problem in problems}
    return [one for one in problems if one["type"] != "too_short" or one["loc"] not in lists]


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

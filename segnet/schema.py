"""What ``params.yaml`` may hold: its blocks as frozen, typed objects, its names as registries."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Collection, Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from segnet.errors import UserError, nearest

Name = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
Size = tuple[Annotated[int, Field(ge=16)], Annotated[int, Field(ge=16)]]
Range = tuple[float, float]
T = TypeVar("T")

Score = Annotated[float, BeforeValidator(lambda value: math.nan if value is None else value)]
"""A number that may be NaN, which JSON writes as null."""


def _at_most_one(value: float) -> float:
    if value < 0 or value > 1:  # neither is true of NaN
        raise ValueError("must lie in [0, 1]")
    return value


Fraction = Annotated[Score, AfterValidator(_at_most_one)]
"""A share of a whole, NaN where there is nothing to share."""

OPTION_TYPES = ConfigDict(strict=True, arbitrary_types_allowed=True, allow_inf_nan=False)
"""``"2"`` and ``.inf`` are no numbers, and an option may be a tensor that was made of a word."""


class Section(BaseModel):
    """A block of ``params.yaml``: immutable, and no key but its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def checked_options(
    entry: Callable[..., Any], options: Mapping[str, Any], *, beside: Collection[str], where: str
) -> dict[str, Any]:
    """Options of ``params.yaml``, as the parameters of a registered function or class allow them.

    Args:
        entry: the annotations of its parameters are the types of the options.
        options: by name.
        beside: parameters that are no options.
        where: file and key of the block, for messages.

    Raises:
        UserError: for an option that the entry does not take, or a value of another type.
    """
    known = set(inspect.signature(entry).parameters) - set(beside)
    for option in options:
        if option not in known:
            raise UserError(
                f"{where}: unknown option '{option}'. {nearest(option, known)}"
                f"Known: {', '.join(sorted(known)) or 'none'}."
            )
    if not options:
        return {}
    parameters = inspect.signature(entry, eval_str=True).parameters
    return {
        option: _checked_value(value, parameters[option].annotation, where=f"{where}.{option}")
        for option, value in options.items()
    }


def _checked_value(value: Any, annotation: Any, *, where: str) -> Any:
    if annotation is inspect.Parameter.empty:
        return value
    try:
        return TypeAdapter(annotation, config=OPTION_TYPES).validate_python(value)
    except ValidationError as error:
        raise UserError(f"{where}: {error.errors()[0]['msg']}, not {value!r}.") from None


def read_yaml(path: Path) -> Any:
    """The content of a YAML 1.2 file, read as DVC reads it (``1e-3`` is a number, ``no`` a word).

    Raises:
        UserError: if the file cannot be read or is not YAML.
    """
    try:
        return YAML(typ="safe").load(path)
    except FileNotFoundError:
        raise UserError(
            f"{path} does not exist. Run the command from the project's root."
        ) from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from None
    except (YAMLError, ValueError) as error:  # ValueError: no text, no date, too long a number
        raise UserError(f"{path} is not valid YAML: {error}") from None


class Registry(Mapping[str, T]):
    """The entries of a package by the name of their file, which is imported when it is asked for.

    Asking whether a name is known costs nothing, and an edit of one entry's file concerns no other.

    Args:
        package: in full, such as ``segnet.models``.
        attributes: what the entry is called in ``<package>/<name>.py``, by name.
    """

    def __init__(self, package: str, attributes: Mapping[str, str]) -> None:
        self.package = package
        self.attributes = attributes

    def __getitem__(self, name: str) -> T:
        """The entry; KeyError for an unknown name."""
        attribute = self.attributes[name]
        entry: T = getattr(import_module(f"{self.package}.{name}"), attribute)
        return entry

    def __contains__(self, name: object) -> bool:
        """Whether the name is known; imports nothing."""
        return name in self.attributes

    def __iter__(self) -> Iterator[str]:
        return iter(self.attributes)

    def __len__(self) -> int:
        return len(self.attributes)

    def file(self, name: str) -> Path:
        """The file of an entry, which is not imported; KeyError for an unknown name."""
        self.attributes[name]
        spec = find_spec(f"{self.package}.{name}")
        if spec is None or spec.origin is None:
            raise UserError(
                f"{self.package}: the registry names '{name}', but there is no "
                f"{self.package.replace('.', '/')}/{name}.py. Write it, or take the name out."
            )
        return Path(spec.origin)

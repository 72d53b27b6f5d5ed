"""Blocks of YAML files as frozen, typed objects: their base, their types, and how they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from segnet.errors import UserError

Name = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
Size = tuple[Annotated[int, Field(ge=16)], Annotated[int, Field(ge=16)]]
Range = tuple[float, float]


class Section(BaseModel):
    """A block of ``params.yaml``: immutable, and no key but its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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

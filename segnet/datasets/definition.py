"""What a data set has to say of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from segnet.datasets.prepared.store import PreparedDataset
from segnet.datasets.preparing.samples import Sample
from segnet.errors import UserError, nearest
from segnet.schema import Section
from segnet.taxonomy import Taxonomy


class NoOptions(Section):
    """The options of a data set that has none."""


@dataclass(frozen=True)
class DatasetDefinition:
    """A data set with its options settled: its facts, how to get its files, how to read them.

    ``fetch`` and ``samples`` take the folder of the raw files. ``fetch`` does nothing if the folder
    is complete. ``samples`` checks names and numbers but decodes nothing.
    """

    title: str
    taxonomy: Taxonomy
    synthetic: bool
    """Drawn by a program. Every table says so."""
    source: str
    licence: str
    citation: str
    fetch: Callable[[Path], None]
    samples: Callable[[Path], dict[str, list[Sample]]]
    """Samples by split, in the order train, val, test."""
    fingerprint: str | None = None
    """``PreparedDataset.fingerprint`` of the published data, if it is known for these options."""
    note: str = ""
    """What every table of this data set must say, such as that it compares with nothing."""
    check: Callable[[PreparedDataset], None] = lambda data: None
    """Raises a ``UserError`` if nothing can be learnt from the prepared data."""


@dataclass(frozen=True)
class DatasetFamily:
    """An entry of the registry: options, and the data set that they settle."""

    options: type[Section]
    """The keys of ``params.yaml: datasets.<name>``."""
    define: Callable[[Any], DatasetDefinition]
    """Takes an instance of ``options``; reads and decodes nothing of the data."""


def define(name: str, family: DatasetFamily, options: Mapping[str, Any]) -> DatasetDefinition:
    """The data set ``name`` with the options of ``params.yaml: datasets.<name>``.

    Raises:
        UserError: on an unknown or missing option or a wrong value.
    """
    try:
        checked = family.options.model_validate(options)
    except ValidationError as error:
        known = list(family.options.model_fields)
        problems = (_explain(f"datasets.{name}", one, known) for one in error.errors())
        raise UserError("\n".join(problems)) from None
    return family.define(checked)


def _explain(where: str, problem: Any, known: list[str]) -> str:
    """One line for one pydantic error."""
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        hint = f"{nearest(key, known)}Known options: {', '.join(known) or 'none'}."
        return f"params.yaml: unknown option '{where}.{key}'. {hint}"
    if problem["type"] == "missing":
        return f"params.yaml: '{where}.{key}' is missing. Known options: {', '.join(known)}."
    return f"params.yaml: '{where}.{key}': {problem['msg']}, not {problem['input']!r}."

"""What the suite knows: every model, loss, recipe, data set and preset."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from segnet.bench.config import Config, load_config
from segnet.bench.network_sizes import network_sizes
from segnet.bench.presets import preset_files
from segnet.datasets.registry import DATASETS, define_dataset
from segnet.errors import UserError
from segnet.grid import Bench
from segnet.losses import LOSSES
from segnet.models import MODELS
from segnet.schema import Registry, read_yaml


class Entry(NamedTuple):
    """One line of ``segbench list``."""

    kind: str
    name: str
    what: str
    facts: str = ""
    source: str = ""
    """Where it comes from."""
    parameters: int | None = None
    """Of a network with 11 classes."""
    multiply_adds: int | None = None
    """Of such a network and one image of 360x480."""


def inventory() -> list[Entry]:
    """One entry for everything that ``params.yaml`` can name, in the order of the registries."""
    return [entry for kind in KINDS for entry in entries_of(kind)]


def entries_of(kind: str) -> list[Entry]:
    """The entries of one of ``KINDS``."""
    return KINDS[kind]()


def names_of(kind: str) -> list[str]:
    """Their names alone, which takes less."""
    if kind == "models":
        return list(MODELS)
    if kind == "datasets":
        return list(dict.fromkeys((*load_config().datasets, *DATASETS)))
    return [entry.name for entry in entries_of(kind)]


def model_entries() -> list[Entry]:
    """The networks, with what they cost."""
    return [
        Entry("model", name, what, source=source, **size._asdict())
        for name, size in network_sizes(list(MODELS)).items()
        for what, source in [_described(MODELS, name)]
    ]


def loss_entries() -> list[Entry]:
    """The losses."""
    return [
        Entry("loss", name, what, source=source)
        for name in LOSSES
        for what, source in [_described(LOSSES, name)]
    ]


def recipe_entries() -> list[Entry]:
    """The recipes of ``params.yaml``, with what is to be expected of them."""
    return [
        Entry("recipe", name, recipe.expects, source=recipe.source)
        for name, recipe in load_config().recipes.items()
    ]


def preset_entries() -> list[Entry]:
    """The presets, with their size."""
    return [Entry("preset", name, *_describe_preset(path)) for name, path in preset_files().items()]


def dataset_entries(config: Config) -> list[Entry]:
    """The data sets of ``params.yaml``, then those of the registry that have no block there.

    One that cannot be defined, such as ``custom`` with a YAML that is gone, is shown with the
    reason.
    """
    entries = []
    for name in config.datasets:
        try:
            definition = define_dataset(name, config.datasets)
        except UserError as error:
            entries.append(Entry("data set", name, _sheet_title(name), str(error)))
            continue
        facts = f"{definition.taxonomy.num_classes} classes, {definition.licence}"
        entries.append(Entry("data set", name, definition.title, facts))
    for name in (one for one in DATASETS if one not in config.datasets):
        use = f"to use it, add datasets.{name} to params.yaml"
        if name == "custom":
            use = "to use it: segbench run --dataset my.yaml"
        entries.append(Entry("data set", name, _sheet_title(name), use))
    return entries


def _sheet_title(name: str) -> str:
    """What the data sheet's first line says after the name; empty for no data set of ours."""
    if name not in DATASETS:
        return ""
    sheet = importlib.import_module(f"segnet.datasets.{name}")
    return _first_line(sheet.__doc__).partition(": ")[2]


def _described(registry: Registry[Any], name: str) -> tuple[str, str]:
    """What an entry's docstring and its ``SOURCE`` say; read, because to import smp takes seconds.

    Raises:
        UserError: if its file is missing.
    """
    what = source = ""
    for node in ast.parse(registry.file(name).read_text()).body:
        match node:
            case ast.ClassDef(name=defined) | ast.FunctionDef(name=defined):
                if defined == registry.attributes[name]:
                    what = _first_line(ast.get_docstring(node))
            case ast.Assign(targets=[ast.Name(id="SOURCE")], value=ast.Constant(value=str(text))):
                source = text
    return what, source


def _first_line(docstring: str | None) -> str:
    return (docstring or "").partition("\n")[0]


def _describe_preset(path: Path) -> tuple[str, str]:
    bench = Bench.model_validate(read_yaml(path)["bench"])
    height, width = bench.working_size
    size = f"{bench.total_epochs} epochs at {height}x{width}"
    return bench.title, f"{len(bench.cells())} cells, {size}"


KINDS: dict[str, Callable[[], list[Entry]]] = {
    "models": model_entries,
    "datasets": lambda: dataset_entries(load_config()),
    "losses": loss_entries,
    "recipes": recipe_entries,
    "presets": preset_entries,
}
"""What ``segbench list`` can be asked for."""

"""What ``FILE.py:NAME`` or ``package.module:NAME`` names, and networks made of it."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from segnet.conforming.request import split_target
from segnet.errors import UserError, unknown

CLASS_WORDS = (
    "num_classes",
    "n_classes",
    "nclasses",
    "num_class",
    "n_class",
    "classes",
    "out_channels",
    "out_chn",
    "output_channels",
    "label_nbr",
)
INPUT_WORDS = ("in_channels", "in_chn", "input_channels", "n_channels", "input_nbr", "in_ch")


def load(target: str) -> Any:
    """The object that the text names.

    Raises:
        UserError: if there is no such file, module or name.
    """
    place, name = split_target(target)
    if place.endswith(".py"):
        path = Path(place).resolve()
        sys.path.insert(0, str(path.parent))  # for the modules beside it
        found = importlib.util.spec_from_file_location(path.stem, path)
        assert found is not None
        assert found.loader is not None
        module = importlib.util.module_from_spec(found)
        sys.modules[path.stem] = module
        found.loader.exec_module(module)
    else:
        sys.path.insert(0, str(Path.cwd()))
        try:
            module = importlib.import_module(place)
        except ModuleNotFoundError as error:
            if error.name and place.startswith(error.name):
                raise UserError(f"there is no module '{place}'. Write FILE.py:NAME.") from None
            raise
    if not hasattr(module, name):
        known = [one for one in vars(module) if not one.startswith("_")]
        raise UserError(f"{place}: {unknown('name', name, known)}")
    return getattr(module, name)


def network_builder(
    made: Callable[..., nn.Module], num_classes: int, options: Mapping[str, Any]
) -> Callable[[], nn.Module]:
    """A function that makes the network, each time from the same random numbers.

    The number of classes, and 3 input channels where they are asked for, are given by the
    parameter's name; what ``options`` gives is not guessed.

    Raises:
        UserError: if no parameter is known as the number of classes.
    """
    known = inspect.signature(made).parameters
    named = dict(options)
    named |= {word: 3 for word in INPUT_WORDS if word in known and word not in options}
    classes = next((word for word in CLASS_WORDS if word in known), "")
    if classes and classes not in options:
        named[classes] = num_classes
    positional: tuple[int, ...] = ()
    needed = [
        one.name
        for one in known.values()
        if one.default is one.empty
        and one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)
        and one.name not in named
    ]
    if not classes and not options:
        if len(needed) == 1:
            positional = (num_classes,)
        elif any(one.kind is one.VAR_KEYWORD for one in known.values()):
            named["num_classes"] = num_classes
        elif needed:
            raise UserError(
                f"it asks for {', '.join(needed)}. Say what they are with --with, such as "
                f"--with {needed[0]}=3."
            )
    elif needed:
        raise UserError(f"it asks for {', '.join(needed)} too. Say what they are with --with.")

    def build() -> nn.Module:
        torch.manual_seed(0)
        return made(*positional, **named)

    return build

"""The classes and the void of a user's data set, as its YAML gives them. No file is read."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field

from segnet.schema import Section

Color = tuple[int, int, int]
Byte = Annotated[int, Field(ge=0, le=255, strict=True)]
HEX_COLOR = re.compile(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")
GOLDEN_ANGLE = 0.381966
"""Of a turn: hues that follow each other by it stay far apart, however many there are."""


def parse_color(value: object) -> object:
    """``"#ff8000"`` as three bytes; anything else as it is, for pydantic to judge.

    Raises:
        ValueError: for a text that is no such colour.
    """
    if isinstance(value, str):
        match = HEX_COLOR.fullmatch(value)
        if match is None:
            raise ValueError('a colour is [red, green, blue] or "#rrggbb"')
        return tuple(int(part, 16) for part in match.groups())
    return value


class ClassEntry(Section):
    """One class: how masks store it."""

    label: Byte | None = None
    color: Annotated[tuple[Byte, Byte, Byte], BeforeValidator(parse_color)] | None = None


def number_names(names: list[object]) -> dict[str, dict[str, int]]:
    """The table that a list of names stands for: labels count from 0.

    Raises:
        ValueError: if a name is no text or occurs twice.
    """
    table: dict[str, dict[str, int]] = {}
    for label, name in enumerate(names):
        if not isinstance(name, str):
            raise ValueError(f"a list of classes holds names, not {name!r}; quote it")  # noqa: TRY004
        if name in table:
            raise ValueError(f"the class '{name}' occurs twice")
        table[name] = {"label": label}
    return table


def check_codes(classes: Mapping[str, ClassEntry]) -> None:
    """All classes have a label or all a colour, and no two the same.

    Raises:
        ValueError: if not; names the classes.
    """
    found = 0
    for key in ("label", "color"):
        owners: dict[object, str] = {}
        for name, entry in classes.items():
            code = getattr(entry, key)
            if code in owners:
                raise ValueError(f"'{owners[code]}' and '{name}' have one {key}, {code}")
            if code is not None:
                owners[code] = name
        if 0 < len(owners) < len(classes):
            lacking = next(name for name in classes if name not in owners.values())
            raise ValueError(f"'{lacking}' has no {key}, but other classes have one")
        found += len(owners)
    if not found:
        raise ValueError("every class needs a label (grey or palette masks) or a color")


def parse_void(value: object, classes: Mapping[str, ClassEntry]) -> tuple[int | Color, ...]:
    """The labels and colours of void.

    Args:
        value: one of them, or a list; three numbers are one colour if no class has a label.
        classes: none of which may be void.

    Raises:
        ValueError: if a value is neither label nor colour, or is a class.
    """
    several = value if isinstance(value, list) else [value]
    by_color = bool(classes) and all(entry.label is None for entry in classes.values())
    if by_color and len(several) == 3 and all(isinstance(one, int) for one in several):
        several = [several]
    codes: list[int | Color] = []
    for one in several:
        code = parse_color(one)
        if type(code) is int and 0 <= code <= 255:
            codes.append(code)
        elif (
            isinstance(code, list | tuple)
            and len(code) == 3
            and all(type(part) is int and 0 <= part <= 255 for part in code)
        ):
            codes.append((code[0], code[1], code[2]))
        else:
            raise ValueError(f"void is a label 0..255 or a colour, not {one!r}")
        for name, entry in classes.items():
            if codes[-1] in (entry.label, entry.color):
                raise ValueError(f"{one} is the class '{name}'; it cannot be void as well")
    return tuple(codes)


def display_colors(count: int) -> tuple[Color, ...]:
    """Colours that are easy to tell apart, the first ``n`` the same for every ``count >= n``."""
    colors = []
    for index in range(count):
        hue, value = index * GOLDEN_ANGLE % 1, (1.0, 0.75, 0.5)[index % 3]
        red, green, blue = colorsys.hsv_to_rgb(hue, 0.8, value)
        colors.append((round(255 * red), round(255 * green), round(255 * blue)))
    return tuple(colors)

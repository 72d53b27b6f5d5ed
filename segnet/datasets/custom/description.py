"""The YAML file that describes a user's data set, checked. Its keys: :mod:`segnet.datasets.custom`.

A message names the file and the key.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    Discriminator,
    Field,
    Tag,
    ValidationError,
    field_validator,
    model_validator,
)

from segnet.datasets.custom.classes import (
    ClassEntry,
    Color,
    check_codes,
    display_colors,
    number_names,
    parse_void,
)
from segnet.datasets.custom.mask_decoding import MaskCode
from segnet.datasets.custom.naming import composed
from segnet.errors import UserError, nearest
from segnet.schema import Section, read_yaml
from segnet.taxonomy import IGNORE_INDEX, Taxonomy

SPLITS = ("train", "val", "test")
Fraction = Annotated[float, Field(gt=0, lt=1)]
Text = Annotated[str, Field(min_length=1)]


class PlacePerSplit(Section):
    """A folder, glob or list for each split."""

    train: Text
    val: Text
    test: Text


class FractionPerSplit(Section):
    """Which share of the images goes where."""

    train: Fraction
    val: Fraction
    test: Fraction

    @model_validator(mode="after")
    def _add_up_to_one(self) -> FractionPerSplit:
        total = self.train + self.val + self.test
        if abs(total - 1) > 1e-6:  # 0.7 + 0.2 + 0.1 is not exactly 1 in binary
            raise ValueError(f"the three fractions add up to {total:g}; they must to 1")
        return self


def _is_table(value: object) -> str:
    return "per_split" if isinstance(value, dict | PlacePerSplit) else "everywhere"


def _are_numbers(value: object) -> str:
    if isinstance(value, FractionPerSplit):
        return "fractions"
    numbers = isinstance(value, dict) and any(isinstance(one, float) for one in value.values())
    return "fractions" if numbers else "places"


Places = Annotated[
    Annotated[Text, Tag("everywhere")] | Annotated[PlacePerSplit, Tag("per_split")],
    Discriminator(_is_table),
]
Splits = Annotated[
    Annotated[FractionPerSplit, Tag("fractions")] | Annotated[PlacePerSplit, Tag("places")],
    Discriminator(_are_numbers),
]
TAGS = ("everywhere", "per_split", "fractions", "places")


class Description(Section):
    """The whole file."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    """Of the bench and its report."""
    title: str = ""
    source: Text = "not stated"
    licence: Text = "not stated"
    citation: Text = "not stated"
    classes: dict[Text, ClassEntry] = Field(min_length=2, max_length=IGNORE_INDEX)
    ignore: tuple[int | Color, ...] = ()
    images: Places
    masks: Places
    image_prefix: str = ""
    image_suffix: str = ""
    mask_prefix: str = ""
    mask_suffix: str = ""
    splits: Splits = FractionPerSplit(train=0.8, val=0.1, test=0.1)
    seed: int = Field(default=0, ge=0)
    sequence: str = ""

    @field_validator("classes", mode="before")
    @classmethod
    def _a_list_is_numbered(cls, value: object) -> object:
        classes = number_names(value) if isinstance(value, list) else value
        if isinstance(classes, dict) and len(classes) == 1:
            [name] = classes
            raise ValueError(
                f"one class, {name!r}, leaves nothing to choose from. Add what the rest of a "
                f"picture is: `classes: [background, {name}]`"
            )
        return classes

    @field_validator("classes")
    @classmethod
    def _accents_are_composed(cls, classes: dict[str, ClassEntry]) -> dict[str, ClassEntry]:
        names = [composed(name) for name in classes]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"the class '{twice[0]}' occurs twice, once with its accents apart")
        return dict(zip(names, classes.values(), strict=True))

    @field_validator("classes")
    @classmethod
    def _codes_differ(cls, classes: dict[str, ClassEntry]) -> dict[str, ClassEntry]:
        check_codes(classes)
        return classes

    @field_validator("ignore", mode="before")
    @classmethod
    def _void_is_no_class(cls, value: object, info: Any) -> object:
        return parse_void(value, info.data.get("classes", {}))

    @field_validator("sequence")
    @classmethod
    def _has_a_group(cls, value: str) -> str:
        try:
            groups = re.compile(value).groups
        except re.error as error:
            raise ValueError(f"it is no regular expression ({error})") from None
        if value and not groups:
            raise ValueError("the expression needs a group, such as ^(.+)_, for the video's name")
        return value

    @model_validator(mode="after")
    def _splits_are_given_once(self) -> Description:
        if isinstance(self.images, PlacePerSplit):
            if "splits" in self.model_fields_set:
                raise ValueError("`images` has a place for each split: leave `splits` out")
        elif isinstance(self.masks, PlacePerSplit):
            message = "`masks` has a place for each split, so `images` needs one too"
            raise ValueError(message)  # noqa: TRY004 - pydantic turns only a ValueError into a line
        return self

    def taxonomy(self) -> Taxonomy:
        """The classes in their order, with colours for display where the file gives none."""
        made = display_colors(len(self.classes))
        entries = zip(self.classes.values(), made, strict=True)
        return Taxonomy(
            tuple(self.classes), tuple(entry.color or color for entry, color in entries)
        )

    def mask_code(self) -> MaskCode:
        """What a stored label or colour stands for."""
        labels: dict[int, int] = {}
        colors: dict[Color, int] = {}
        for index, entry in enumerate(self.classes.values()):
            if entry.label is not None:
                labels[entry.label] = index
            if entry.color is not None:
                colors[entry.color] = index
        for code in self.ignore:
            if isinstance(code, int):
                labels[code] = IGNORE_INDEX
            else:
                colors[code] = IGNORE_INDEX
        stored_as_labels = any(entry.label is not None for entry in self.classes.values())
        stored_as_colors = any(entry.color is not None for entry in self.classes.values())
        return MaskCode(labels if stored_as_labels else {}, colors if stored_as_colors else {})


def read_description(path: Path) -> Description:
    """Read and check the file.

    Raises:
        UserError: with a line for every unknown or missing key and wrong value.
    """
    if not path.is_file():
        raise UserError(f"{path} is no file. Name the YAML file that describes your data.")
    data = read_yaml(path)
    if not isinstance(data, dict):
        raise UserError(f"{path} is no table of keys and values. Known keys: {_known(())}.")
    try:
        return Description.model_validate(data)
    except ValidationError as error:
        problems = sorted(error.errors(), key=lambda one: one["type"] == "missing")
        raise UserError("\n".join(_explain(path, one) for one in problems)) from None


def _explain(path: Path, problem: Any) -> str:
    """One line for one pydantic error."""
    loc = tuple(str(part) for part in problem["loc"] if part not in TAGS)
    where = ".".join(loc)
    if problem["type"] == "extra_forbidden":
        known = _known(loc[:-1])
        hint = nearest(loc[-1], known.split(", "))
        return f"{path}: unknown key '{where}'. {hint}Known keys: {known}."
    if problem["type"] == "missing":
        return f"{path}: '{where}' is missing. Known keys here: {_known(loc[:-1])}."
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "value_error":
        key = f"'{where}': " if where else ""
        return f"{path}: {key}{message}."
    return f"{path}: '{where}': {message}, not {problem['input']!r}.{_help(loc[-1], problem)}"


def _help(key: str, problem: Any) -> str:
    """How to write what was probably meant."""
    value = problem["input"]
    if problem["type"] == "string_type" and isinstance(value, int | float | date):
        return f' Put it in quotes: `{key}: "{value}"`.'
    if problem["type"] == "string_pattern_mismatch":
        letters = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode().lower()
        plain = re.sub("[^a-z0-9]+", "-", letters).strip("-")
        return f" It has a-z, 0-9 and hyphens: `{key}: {plain or 'my-data'}`."
    return ""


def _known(loc: tuple[str, ...]) -> str:
    """The keys of the table at ``loc``."""
    sections: dict[str, type[Section]] = {"classes": ClassEntry}
    section = sections.get(loc[0], PlacePerSplit) if loc else Description
    return ", ".join(section.model_fields)

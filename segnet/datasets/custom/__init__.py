"""`custom`: a user's own images and masks, described by a YAML file, without code.

Source: the files that ``params.yaml: datasets.custom.file`` describes. ``segbench run --dataset
my.yaml`` sets that option, ``segbench doctor my.yaml`` checks all that is said here. The keys of
the file; paths are relative to its folder:

- ``name``: of the bench and its report, ``[a-z0-9-]``. ``title``, ``source``, ``licence``,
  ``citation``: shown in the report; may be left out.
- ``classes``: a list of names, whose labels count from 0; or a table ``name: {label: 3}`` (grey and
  palette masks), ``name: {color: [255, 128, 0]}`` or ``{color: "#ff8000"}`` (masks read by colour),
  or both keys: grey and palette masks are then read by label, others by colour. Colours for
  display are made where there are none.
- ``ignore``: labels or colours of void, such as ``255``, ``[0, 255]``, ``"#000000"``; a list of
  three numbers is one colour if classes have colours only. Nothing is void unless it says so.
- ``images``, ``masks``: folders, or globs such as ``frames/*/*.jpg``; files of any format that
  Pillow reads, paired by stem; where several folders have the same stems, by the folders that the
  globs leave open as well, as ``v1/0001``. Accents are the same, composed or not.
- ``image_prefix``, ``image_suffix``, ``mask_prefix``, ``mask_suffix``: what is left out of stems:
  ``mask_suffix: _L`` pairs ``a.jpg`` with ``a_L.png``. Both may then lie in one folder.
  Images of more than 8 bits a channel are an error, as nothing is scaled unasked; grey masks of 16
  bits are read if their labels fit. Lossy mask files are an error.
- ``splits``: fractions ``{train: 0.8, val: 0.1, test: 0.1}`` (the default); or for each split a
  text file with a name a line, or a folder whose file names are the list. Names that are in no
  list take no part. Or no ``splits``, and ``images: {train: ..., val: ..., test: ...}``.
- ``seed``: which split the fractions make, as
  :func:`segnet.datasets.custom.splits.split_by_fractions` says.
- ``sequence``: a regular expression whose first group is the video of a name. Fractions keep a
  video whole, and intervals are computed over blocks of frames. Without it every image is a still.

Licence: what the file says.

Citation: what the file says; scores compare with nothing published.

Splits: each of the three has at least one pair; no name and no identical file is in two.

Classes: what the file says, at most 255.

Quirks: ``fetch`` copies nothing. It leaves a manifest of the paired files with their SHA-256, from
which DVC sees that an image, a mask or the meaning of the labels has changed; ``segbench run``
brings it up to date. EXIF orientations are not applied: masks must fit the stored pixels.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import Field

from segnet.atomic import write_atomically
from segnet.datasets.custom.absent_classes import require_every_class
from segnet.datasets.custom.description import Description, read_description
from segnet.datasets.custom.files import Remark
from segnet.datasets.custom.mask_decoding import MaskCode, read_mask, read_picture
from segnet.datasets.custom.pairs import LabelledFile, survey
from segnet.datasets.definition import DatasetDefinition, DatasetFamily
from segnet.datasets.preparing.samples import Pair, Sample
from segnet.datasets.progress import progress
from segnet.errors import UserError
from segnet.schema import Section

MANIFEST = "manifest.json"
SHOWN_AT_MOST = 10


class CustomOptions(Section):
    """``params.yaml: datasets.custom``."""

    file: str = Field(min_length=1)
    """The YAML that describes the data; relative to the project's root."""


def write_pairs(description: Description, file: Path, raw_folder: Path) -> None:
    """List the paired files with their SHA-256; a list that is right already stays as it is.

    Raises:
        UserError: with all that keeps the data from being used.
    """
    found = survey(description, file)
    stop_on_errors(found.findings, file)
    total = sum(map(len, found.splits.values()))
    with progress("checking files", total, unit="pairs") as advance:
        splits = {
            split: [_entry(pair, file.parent, advance) for pair in pairs]
            for split, pairs in found.splits.items()
        }
    stop_on_errors(_identical_files(splits, file), file)
    manifest = {**_meaning(description), "splits": splits}
    text = json.dumps(manifest, indent=1) + "\n"
    path = raw_folder / MANIFEST
    if not path.exists() or path.read_text() != text:
        raw_folder.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text)


def stop_on_errors(findings: tuple[Remark, ...], file: Path) -> None:
    """Raise the errors among the findings as one.

    Raises:
        UserError: if there is an error; names the first of them and how to see all.
    """
    errors = [one for one in findings if one.level == "error"]
    if errors:
        lines = [f"{one.where}: {one.found}. {one.next_step}." for one in errors[:SHOWN_AT_MOST]]
        raise UserError("\n".join([*lines, f"`segbench doctor {file}` shows everything."]))


def samples(description: Description, file: Path, raw_folder: Path) -> dict[str, list[Sample]]:
    """The pairs of the manifest.

    Raises:
        UserError: if there is no manifest, or the YAML has changed since it was written.
    """
    path = raw_folder / MANIFEST
    update = f"Run `segbench run --dataset {file}`, which brings it up to date."
    try:
        manifest = json.loads(path.read_text())
        written = {key: manifest[key] for key in (*_meaning(description), "splits")}
        entries = {
            split: [(one["name"], one["sequence"], dict(one)) for one in ones]
            for split, ones in written.pop("splits").items()
        }
    except FileNotFoundError:
        raise UserError(f"{path} does not exist. {update}") from None
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is damaged ({error!r}). {update}") from None
    if written != _meaning(description):
        raise UserError(f"{file} says other things of its classes than {path}. {update}")
    code = description.mask_code()
    return {
        split: [
            Sample(name, sequence, partial(read_pair, file.parent, entry, code))
            for name, sequence, entry in ones
        ]
        for split, ones in entries.items()
    }


def read_pair(folder: Path, entry: Mapping[str, str], code: MaskCode) -> Pair:
    """An image and its mask, as long as they are the files of the manifest.

    Raises:
        UserError: if a file has changed or cannot be read, the sizes differ, or a label or colour
            stands for nothing; names the file.
    """
    paths = {part: folder / entry[part] for part in ("image", "mask")}
    for part, path in paths.items():
        if file_digest(path) != entry[f"{part}_sha256"]:
            raise UserError(
                f"{path} has changed since the manifest was written. Run `segbench run`, which "
                "brings it up to date."
            )
    image, mask = read_picture(paths["image"]), read_mask(paths["mask"], code)
    if image.shape[:2] != mask.shape:
        raise UserError(
            f"{paths['image']} is {image.shape[1]}x{image.shape[0]} but {paths['mask']} is "
            f"{mask.shape[1]}x{mask.shape[0]}. Draw the mask on the image at its stored size "
            "and orientation."
        )
    return Pair(image, mask)


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes.

    Raises:
        UserError: if the file cannot be read.
    """
    try:
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}). Put it back.") from None


def _entry(pair: LabelledFile, folder: Path, advance: Any) -> dict[str, str]:
    entry = {"name": pair.name, "sequence": pair.sequence}
    for part, path in (("image", pair.image), ("mask", pair.mask)):
        inside = path.is_relative_to(folder)
        entry[part] = (path.relative_to(folder) if inside else path.absolute()).as_posix()
        entry[f"{part}_sha256"] = file_digest(path)
    advance(1)
    return entry


def _meaning(description: Description) -> dict[str, Any]:
    """What the YAML says of the masks' values, as JSON gives it back."""
    classes = {name: entry.model_dump(mode="json") for name, entry in description.classes.items()}
    ignore = [code if isinstance(code, int) else list(code) for code in description.ignore]
    return {"classes": [list(item) for item in classes.items()], "ignore": ignore}


def _identical_files(splits: Mapping[str, list[dict[str, str]]], file: Path) -> tuple[Remark, ...]:
    """Images that two splits have under different names."""
    seen: dict[str, tuple[str, str]] = {}
    findings = []
    for split, entries in splits.items():
        for entry in entries:
            other, image = seen.setdefault(entry["image_sha256"], (split, entry["image"]))
            if other != split:
                found = f"{image} ({other}) and {entry['image']} ({split}) are the same image"
                step = "an image belongs to one split: delete one"
                findings.append(Remark("error", f"{file}: splits", found, step))
    return tuple(findings)


def define(options: CustomOptions) -> DatasetDefinition:
    """What the YAML describes; the YAML is read, the data are not."""
    file = Path(options.file)
    description = read_description(file)
    return DatasetDefinition(
        title=description.title or description.name,
        taxonomy=description.taxonomy(),
        synthetic=False,
        source=description.source,
        licence=description.licence,
        citation=description.citation,
        fetch=partial(write_pairs, description, file),
        samples=partial(samples, description, file),
        check=partial(require_every_class, description, file),
        note=f"the data set '{description.name}' of the user's own; it compares with nothing",
    )


CUSTOM = DatasetFamily(CustomOptions, define)

"""A stored prediction, whatever its form, to a mask of our classes."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32, Int16, Int64, UInt8
from PIL import Image

from segnet.datasets.custom.mask_decoding import WIDE_MODES
from segnet.datasets.preparing.picture_files import PictureFile, open_picture
from segnet.errors import UserError
from segnet.submissions.label_code import LARGEST_LABEL, NO_CLASS, LabelCode
from segnet.submissions.problems import ProblemError

UNKNOWN = -1
SUM_TOLERANCE = 0.02
"""Probabilities may add up to one within this; those of 59 classes in float16 do."""
SAVE_ANEW = "Save it anew."
FORMS = "a label map (H, W), colours (H, W, 3) of 8 bits, or probabilities (classes, H, W)"


class Decoded(NamedTuple):
    """A prediction for one image."""

    mask: UInt8[np.ndarray, "h w"]
    """Classes, and ``NO_CLASS`` where none was predicted."""
    probabilities: Float32[np.ndarray, "classes h w"] | None


class Decoder:
    """Reads predictions by one label code; its tables are made once."""

    def __init__(self, code: LabelCode, num_classes: int) -> None:
        self.num_classes = num_classes
        self.code = code
        self._labels = _table(code.labels, LARGEST_LABEL + 1)
        colors = {_pack(*color): label for color, label in code.colors.items()}
        self._colors = _table(colors, 2**24) if colors else None

    def read_file(self, path: Path) -> Decoded:
        """The prediction in a picture, a ``.npy`` file, or a ``.npz`` file of one array.

        Raises:
            ProblemError: if it cannot be read or its values stand for nothing.
        """
        if path.suffix.lower() in (".npy", ".npz"):
            return self.read_array(load_array(path))
        try:
            picture = open_picture(path, step=SAVE_ANEW)
        except UserError as error:
            raise ProblemError(f"a file that cannot be decoded ({error})", SAVE_ANEW) from None
        if picture.is_lossy:
            raise ProblemError(
                f"a lossy {picture.image.format} file, which invents labels along boundaries",
                "Save masks as PNG.",
            )
        return Decoded(self._picture(picture), None)

    def read_array(self, array: np.ndarray) -> Decoded:
        """The prediction in an array.

        Raises:
            ProblemError: if it has no form of a prediction or its values stand for nothing.
        """
        if array.ndim == 4 and array.shape[0] == 1:
            array = array[0]
        if array.ndim == 4 and array.shape[1] == 1:  # nnU-Net's depth of a picture
            array = array[:, 0]
        if array.ndim == 3 and array.shape[0] == 1:
            array = array[0]
        if array.dtype.kind not in "buif":
            raise ProblemError(f"an array of {array.dtype}", f"Save {FORMS}.")
        if array.ndim == 2:
            return Decoded(self._label_map(array), None)
        if array.ndim == 3 and self._are_planes(len(array)):
            return self._probabilities(array)
        if array.ndim == 3 and array.shape[2] == 3 and array.dtype == np.uint8:
            return Decoded(self._color_map(array), None)
        shape = "x".join(map(str, array.shape))
        raise ProblemError(f"an array of {shape} {array.dtype}", f"Save {FORMS}.")

    def _picture(self, picture: PictureFile) -> UInt8[np.ndarray, "h w"]:
        image = picture.image
        by_label = bool(self.code.labels)
        if image.mode in ("1", "L", "P", *WIDE_MODES, "F") and (by_label or image.mode != "P"):
            stored = np.asarray(image)
            if image.mode == "P":
                self._refuse_two_meanings(image, stored)
            return self._label_map(stored)
        if image.mode in ("RGB", "RGBX", "RGBA", "P", "PA", "LA"):
            if picture.transparent_pixels():
                raise ProblemError(
                    "a transparent picture, whose colours are not all seen",
                    "Save the mask alone, without transparency.",
                )
            return self._color_map(picture.rgb())
        raise ProblemError(
            f"a picture of mode {image.mode}", "Save labels as a grey or palette PNG."
        )

    def _are_planes(self, count: int) -> bool:
        """Whether so many planes are one a label."""
        last = max((label for label in self.code.labels if label != NO_CLASS), default=-1)
        return count == (last + 1 if self.code.name else self.num_classes)

    def _label_map(self, stored: np.ndarray) -> UInt8[np.ndarray, "h w"]:
        if not self.code.labels:
            raise ProblemError(
                f"labels, where --labels {self.code.name} has colours only",
                "Save colours, or name labels too.",
            )
        whole: Int64[np.ndarray, "h w"] = stored.astype(np.int64)
        if stored.dtype.kind == "f" and not (whole == stored).all():
            raise ProblemError(
                "a map of fractions, which are no labels", "Take the arg max before saving."
            )
        if whole.min(initial=0) < 0 or whole.max(initial=0) > LARGEST_LABEL:
            stray = int(whole.min()) if whole.min() < 0 else int(whole.max())
            raise ProblemError(f"the label {stray}", "Labels are 0 to 65535; save them anew.")
        mask = self._labels[whole]
        if (mask == UNKNOWN).any():
            unknown = np.unique(whole[mask == UNKNOWN]).tolist()
            what = "label" if len(unknown) == 1 else "labels"
            raise ProblemError(
                f"{what} {', '.join(map(str, unknown[:6]))}{', ...' if len(unknown) > 6 else ''} "
                "without a meaning",
                "Say what they are with --labels: a convention, such as "
                f"void-{self.num_classes} or one-based, or a .yaml file.",
            )
        return np.asarray(mask, np.uint8)

    def _color_map(self, pixels: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w"]:
        if self._colors is None:
            raise ProblemError(
                f"colours, where --labels {self.code.name} has labels only",
                "Save labels, or name colours too.",
            )
        red, green, blue = np.moveaxis(pixels.astype(np.int32), -1, 0)
        packed = _pack(red, green, blue)
        mask = self._colors[packed]
        if (mask == UNKNOWN).any():
            unknown = np.unique(packed[mask == UNKNOWN]).tolist()
            if len(unknown) > 100:
                raise ProblemError(
                    "hundreds of colours, as of a photograph or an overlay",
                    "Save the mask itself, or choose the masks with --pattern.",
                )
            grey = " Three equal channels are no labels: save one." if _is_grey(pixels) else ""
            some = ", ".join(f"#{color:06x}" for color in unknown[:4])
            raise ProblemError(
                f"colours of no class ({some}{', ...' if len(unknown) > 4 else ''})",
                f"Colours of another data set? Name them with --labels.{grey}",
            )
        return np.asarray(mask, np.uint8)

    def _probabilities(self, array: np.ndarray) -> Decoded:
        values = array.astype(np.float32)
        if not np.isfinite(values).all():
            raise ProblemError("probabilities that are not finite", "Mend the network, save anew.")
        total = values.sum(0)
        if values.min() < -SUM_TOLERANCE or np.abs(total - 1).max() > SUM_TOLERANCE:
            raise ProblemError(
                "values that do not add up to one, so are no probabilities",
                "Apply softmax before saving, or save the arg max.",
            )
        largest = values.argmax(0)
        if self.code.name:  # the planes are not our classes
            return Decoded(self._label_map(largest), None)
        return Decoded(largest.astype(np.uint8), values)

    def _refuse_two_meanings(self, image: Image.Image, stored: UInt8[np.ndarray, "h w"]) -> None:
        """A palette whose colours are all ours but in another order could be meant either way."""
        palette = image.getpalette("RGB") or []
        used = np.unique(stored).tolist()
        shown = [tuple(palette[3 * index : 3 * index + 3]) for index in used]
        by_color = [self.code.colors.get(color, UNKNOWN) for color in shown if len(color) == 3]
        by_label = [self.code.labels.get(index, UNKNOWN) for index in used]
        if len(used) < 3 or UNKNOWN in by_color or by_color == by_label:
            return
        raise ProblemError(
            "a palette whose colours say other classes than its indices",
            "Give a .yaml file with --labels: `labels:` reads indices, `colors:` colours.",
        )


def load_array(path: Path) -> np.ndarray:
    """The only array of a file.

    Raises:
        ProblemError: if it cannot be read or holds several.
    """
    arrays = load_arrays(path)
    if len(arrays) != 1:
        named = ", ".join(arrays) or "nothing"
        raise ProblemError(f"an archive of {named}, where one array is", "Save one array a file.")
    return next(iter(arrays.values()))


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of a ``.npy`` or ``.npz`` file by name; a pickle in it is not opened.

    Raises:
        ProblemError: if the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            found = np.load(file, allow_pickle=False)
            if isinstance(found, np.ndarray):
                return {"": found}
            with found:
                return {name: found[name] for name in found.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ProblemError(f"a file that numpy cannot read ({error})", SAVE_ANEW) from None


def _table(meaning: Mapping[int, int], size: int) -> Int16[np.ndarray, " values"]:
    table = np.full(size, UNKNOWN, np.int16)
    for value, label in meaning.items():
        table[value] = label
    return table


def _pack(red: Any, green: Any, blue: Any) -> Any:
    """Colours as 0xrrggbb."""
    return (red << 16) + (green << 8) + blue


def _is_grey(pixels: UInt8[np.ndarray, "h w 3"]) -> bool:
    return bool((pixels == pixels[..., :1]).all())


def resize_nearest(
    mask: UInt8[np.ndarray, "h w"], size: tuple[int, int]
) -> UInt8[np.ndarray, "new_h new_w"]:
    """The mask at another height and width; every label is one that was there."""
    return np.asarray(Image.fromarray(mask).resize((size[1], size[0]), Image.Resampling.NEAREST))

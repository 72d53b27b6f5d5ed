"""Which test images a report shows, what each model predicts there, and where it is wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from jaxtyping import Float64, UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Patch

from segnet.datasets.prepared.store import PreparedSplit
from segnet.errors import UserError
from segnet.reporting.figure_style import PICTURE_STYLE
from segnet.results.array_files import PREDICTIONS_FILE, read_arrays
from segnet.taxonomy import IGNORE_COLOR, IGNORE_INDEX, Taxonomy

INCHES_A_LETTER = 0.075
"""Of the headings over a grid of pictures, rather too much than too little."""

WRONG_COLOR = (213, 60, 0)
RIGHT_COLOR = (225, 225, 225)


@dataclass(frozen=True)
class Example:
    """One test image with its truth and what each model predicted, at the labels' native size."""

    name: str
    kind: str
    """``best``, ``median`` or ``worst``."""
    miou: float
    """Of this image alone, averaged over the models; a fraction of one."""
    image: UInt8[np.ndarray, "h w 3"]
    """At working size."""
    truth: UInt8[np.ndarray, "mask_h mask_w"]
    predicted: Mapping[str, UInt8[np.ndarray, "mask_h mask_w"]]


def pick_examples(
    scores: Float64[np.ndarray, " n"], *, each: int = 2
) -> tuple[tuple[str, int], ...]:
    """The best, the median and the worst images: ``(kind, index)`` in falling order of score.

    Args:
        scores: one per image; images that are NaN are not picked.
        each: how many of each kind. Where there are fewer than three times as many images, the best
            come first, then the worst, and no image comes twice.
    """
    order = np.argsort(-scores, kind="stable")
    order = order[~np.isnan(scores[order])].tolist()
    best = order[:each]
    worst = order[each:][-each:]
    middle = order[each : len(order) - each]
    start = max(0, (len(middle) - each) // 2)
    median = middle[start : start + each]
    return tuple(
        (kind, index)
        for kind, indices in (("best", best), ("median", median), ("worst", worst))
        for index in indices
    )


def collect_examples(
    split: PreparedSplit,
    predicted: Mapping[str, UInt8[np.ndarray, "n mask_h mask_w"]],
    scores: Float64[np.ndarray, " n"],
    *,
    each: int = 2,
) -> tuple[Example, ...]:
    """Cut the picked images out of the canvas that they were stored on.

    Args:
        split: the test split.
        predicted: class maps of all images of the split, by the name of the model.
        scores: one per image of the split.
        each: how many of each kind.

    Raises:
        UserError: if the predictions are not of this split.
    """
    for name, maps in predicted.items():
        if maps.shape != split.masks.shape:
            raise UserError(
                f"the predictions of {name} have shape {maps.shape}, the test masks "
                f"{split.masks.shape}: they are of other data. Run `dvc repro`."
            )
    return tuple(
        _cut(split, predicted, index, kind=kind, miou=float(scores[index]))
        for kind, index in pick_examples(scores, each=each)
    )


def read_predictions(folder: Path) -> UInt8[np.ndarray, "n mask_h mask_w"] | None:
    """The class maps of the selected checkpoint; None if they are not on this machine."""
    path = folder / PREDICTIONS_FILE
    if not path.exists():
        return None
    (predicted,) = read_arrays(path, "selected", ["selected"])
    return np.asarray(predicted)


def _cut(
    split: PreparedSplit,
    predicted: Mapping[str, UInt8[np.ndarray, "n mask_h mask_w"]],
    index: int,
    *,
    kind: str,
    miou: float,
) -> Example:
    height, width = split.image_sizes[index]
    mask_height, mask_width = split.mask_sizes[index]
    return Example(
        name=split.names[index],
        kind=kind,
        miou=miou,
        image=np.array(split.images[index, :height, :width]),
        truth=np.array(split.masks[index, :mask_height, :mask_width]),
        predicted={
            name: maps[index, :mask_height, :mask_width] for name, maps in predicted.items()
        },
    )


def prediction_grid(examples: Sequence[Example], taxonomy: Taxonomy, *, title: str) -> Figure:
    """Image, truth and each model's prediction, and below each prediction where it is wrong.

    Truth that is not scored (void) has a colour of its own, in the maps of errors too;
    predictions are shown there.
    """
    columns = ["image", "truth", *examples[0].predicted]
    sizes = [one.truth.shape for one in examples]
    aspect = float(np.median([height / width for height, width in sizes]))
    tile_width = min(2.2, 10.5 / len(columns))
    legend_rows = math.ceil((taxonomy.num_classes + 3) / 6)
    height = 2 * len(examples) * (tile_width * aspect + 0.06) + 0.9 + 0.2 * legend_rows
    with mpl.rc_context(PICTURE_STYLE):
        close = ConstrainedLayoutEngine(w_pad=0.02, h_pad=0.02, wspace=0, hspace=0)
        figure = Figure(figsize=(tile_width * len(columns) + 1.5, height), layout=close)
        figure.suptitle(title, fontsize=10)
        grid = figure.subplots(2 * len(examples), len(columns), squeeze=False)
        for above, below, example in zip(grid[::2], grid[1::2], examples, strict=True):
            truth = taxonomy.colorize(example.truth)
            for axes, picture in zip(above, (example.image, truth), strict=False):
                _show(axes, picture)
            for axes in below[:2]:
                axes.set_axis_off()
            for place, predicted in enumerate(example.predicted.values(), 2):
                _show(above[place], taxonomy.colorize(predicted))
                _show(below[place], error_map(example.truth, predicted))
            caption = f"{example.kind}\n{example.name}\nmIoU {100 * example.miou:.1f}"
            above[0].set_ylabel(caption, rotation=0, ha="right", va="center", fontsize=8)
        for axes, heading in zip(grid[0], columns, strict=True):
            axes.set_title(_wrapped(heading, round(tile_width / INCHES_A_LETTER)), fontsize=9)
        figure.legend(handles=_class_patches(taxonomy), loc="outside lower center", ncols=6)
    return figure


def error_map(
    truth: UInt8[np.ndarray, "h w"], predicted: UInt8[np.ndarray, "h w"]
) -> UInt8[np.ndarray, "h w 3"]:
    """Orange where the prediction is wrong, grey where right, ``IGNORE_COLOR`` where void."""
    wrong = (truth != predicted)[..., None]
    picture = np.where(wrong, WRONG_COLOR, RIGHT_COLOR).astype(np.uint8)
    picture[truth == IGNORE_INDEX] = IGNORE_COLOR
    return picture


def _show(axes: Axes, picture: UInt8[np.ndarray, "h w 3"]) -> None:
    axes.imshow(picture)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def _wrapped(text: str, width: int) -> str:
    """The text in lines of at most ``width`` letters, also broken after underscores."""
    lines = []
    for line in text.split("\n"):
        lines.append("")
        for word in re.split(r"(?<=[_ ])", line):
            if lines[-1] and len(lines[-1]) + len(word.rstrip()) > width:
                lines.append("")
            lines[-1] += word
    return "\n".join(line.rstrip() for line in lines)


def _class_patches(taxonomy: Taxonomy) -> list[Patch]:
    """A patch in the colour of each class, and those of the maps of errors."""
    names = (*taxonomy.names, "void (not scored)", "wrong", "right")
    colors = (*taxonomy.colors, IGNORE_COLOR, WRONG_COLOR, RIGHT_COLOR)
    return [
        Patch(facecolor=f"#{bytes(color).hex()}", edgecolor="#888888", label=name)
        for name, color in zip(names, colors, strict=True)
    ]

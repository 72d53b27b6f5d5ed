"""A network's prediction of one file, picture or video, written in every form that is wanted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8

from segnet.errors import UserError
from segnet.inference.outputs import Outputs
from segnet.inference.prediction import save_picture
from segnet.inference.videos import Report, redraw_video

PredictMask = Callable[[UInt8[np.ndarray, "h w 3"]], UInt8[np.ndarray, "h w"]]


class Drawn(NamedTuple):
    """What was written of one file."""

    source: Path
    overlay: Path
    masks: Path | None
    """The label map; of a video the folder of its frames' label maps."""
    shares: dict[str, float]
    """Of each class in all pixels, by name; add up to one."""
    frames: int
    """1 for a picture."""
    frames_per_second: float | None
    """None for a picture."""


def draw_picture(
    source: Path,
    image: UInt8[np.ndarray, "h w 3"],
    mask: UInt8[np.ndarray, "h w"],
    outputs: Outputs,
) -> Drawn:
    """Write the overlay, with a legend of the classes that it shows, and the label map.

    Raises:
        UserError: if the disk does not take them.
    """
    pixels = outputs.count_pixels(mask)
    overlay = outputs.draw(image, mask, np.flatnonzero(pixels).tolist())
    written = save_picture(overlay, outputs.path(source))
    masks = outputs.write_mask(mask, outputs.mask_path(source)) if outputs.has_masks else None
    return Drawn(source, written, masks, outputs.shares(pixels), 1, None)


def draw_video(source: Path, predict: PredictMask, outputs: Outputs, report: Report) -> Drawn:
    """Write a video of overlays, with a legend of all classes, and a label map for every frame.

    Frames are read, predicted and written one by one.

    Raises:
        UserError: if the video cannot be read or the results cannot be written.
    """
    folder = outputs.mask_path(source).with_suffix("") if outputs.has_masks else None
    if folder is not None:
        _make(folder)
    pixels = np.zeros(outputs.taxonomy.num_classes, np.int64)

    def draw(image: UInt8[np.ndarray, "h w 3"], number: int) -> UInt8[np.ndarray, "out_h out_w 3"]:
        mask = predict(image)
        pixels[:] += outputs.count_pixels(mask)
        if folder is not None:
            outputs.write_mask(mask, folder / f"{number:06}.png")
        return outputs.draw(image, mask, range(outputs.taxonomy.num_classes))

    path, frames, speed = redraw_video(source, outputs.path(source, ".mp4"), draw, report)
    return Drawn(source, path, folder, outputs.shares(pixels), frames, speed)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{folder} cannot be made ({error.strerror}). Name another folder by --output."
        ) from None

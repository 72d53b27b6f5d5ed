"""Predictions on pictures of any size, drawn over them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from torch.nn import functional as F

from segnet.compute import Compute
from segnet.datasets.decoded import shrink
from segnet.datasets.images import IMAGE_SUFFIXES
from segnet.errors import UserError
from segnet.evaluation import Predict
from segnet.taxonomy import Taxonomy


def find_images(path: Path) -> list[Path]:
    """An image file, or the image files of a folder in name order.

    Raises:
        UserError: if there is none.
    """
    if path.is_file():
        return [path]
    images = sorted(one for one in path.glob("*") if one.suffix.lower() in IMAGE_SUFFIXES)
    if not images:
        raise UserError(f"{path} is neither an image nor a folder of images. Name another path.")
    return images


def predict_mask(
    predict: Predict,
    image: UInt8[np.ndarray, "h w 3"],
    *,
    compute: Compute,
    working_size: tuple[int, int],
) -> UInt8[np.ndarray, "h w"]:
    """The most likely class of every pixel, at the size of the image.

    As in evaluation, the image is shrunk to the size that the network was trained at, and the
    logits, not the labels, are resized back.
    """
    small = torch.from_numpy(shrink(image, working_size).copy())
    logits = predict(small.permute(2, 0, 1)[None].to(compute.device).float() / 255.0)
    size = image.shape[:2]
    full = F.interpolate(logits, size=size, mode="bilinear", align_corners=False)
    classes: UInt8[np.ndarray, "h w"] = full.argmax(1)[0].byte().cpu().numpy()
    return classes


def overlay(
    image: UInt8[np.ndarray, "h w 3"],
    mask: UInt8[np.ndarray, "h w"],
    taxonomy: Taxonomy,
    *,
    opacity: float = 0.5,
) -> UInt8[np.ndarray, "h w 3"]:
    """The image with the colours of the classes laid over it."""
    mixed = (1 - opacity) * image + opacity * taxonomy.colorize(mask)
    return np.asarray(mixed.round().astype(np.uint8))

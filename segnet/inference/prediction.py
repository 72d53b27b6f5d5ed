"""Predictions on pictures of any size, drawn over them, and how sure the network is of them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from segnet.compute import Compute
from segnet.datasets.preparing.samples import shrink
from segnet.errors import UserError
from segnet.inference.bayesian import greatest_variance, predict_with_uncertainty
from segnet.scoring.counts.evaluation import Predict
from segnet.taxonomy import Taxonomy


class UncertainMask(NamedTuple):
    """A prediction by Monte Carlo dropout, at the size of the image."""

    mask: UInt8[np.ndarray, "h w"]
    """The class with the greatest mean probability over the samples."""
    uncertainty: Float32[np.ndarray, "h w"]
    """Variance of the softmax over the samples, mean over the classes, as a share of the greatest
    that this number of classes allows: 0 where all samples agree, 1 where each is sure of another
    class. No unit."""


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
    logits = predict(_as_batch(image, compute, working_size))
    return _likeliest(_enlarged(logits, image))


def predict_uncertain_mask(
    network: nn.Module,
    image: UInt8[np.ndarray, "h w 3"],
    *,
    compute: Compute,
    working_size: tuple[int, int],
    samples: int,
    seed: int,
) -> UncertainMask:
    """The most likely class of every pixel over samples of the network, and their disagreement.

    Samples by :func:`segnet.inference.bayesian.predict_with_uncertainty`. Means and variances of
    the softmax are resized to the image, not logits as in :func:`predict_mask`: a sample of a large
    picture would not fit in memory 50 times.

    Args:
        network: logits from images in [0, 1], with dropout, on the device of ``compute``.
        image: RGB, of any size.
        compute: device and precision.
        working_size: height and width that the network was trained at.
        samples: predictions to average.
        seed: of the dropout masks.

    Raises:
        UserError: if the network has no dropout.
    """
    batch = _as_batch(image, compute, working_size).to(memory_format=compute.memory_format)
    with compute.autocast():
        result = predict_with_uncertainty(network, batch, samples=samples, seed=seed)
    variance = _enlarged(result.variance[:, None], image)[0, 0].cpu().numpy()
    return UncertainMask(
        _likeliest(_enlarged(result.probabilities, image)),
        variance / np.float32(greatest_variance(result.probabilities.shape[1])),
    )


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


def uncertainty_map(uncertainty: Float32[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w"]:
    """A grey picture: 0, black, where all samples agree, 255 where they could not differ more.

    Grey is the square root of the uncertainty, a standard deviation as a share of the greatest:
    most variances are small and would all look black. The scale is fixed, so pictures compare.
    """
    return np.asarray((255 * np.sqrt(uncertainty.clip(0, 1))).round().astype(np.uint8))


def save_picture(
    pixels: UInt8[np.ndarray, "h w *channels"],
    path: Path,
    *,
    palette: UInt8[np.ndarray, "256 3"] | None = None,
) -> Path:
    """Write pixels as a picture, and give its path.

    Args:
        pixels: RGB, grey, or indices of the palette.
        path: its suffix says the format.
        palette: the colour of every index.

    Raises:
        UserError: if the disk does not take it.
    """
    image = Image.fromarray(pixels)
    if palette is not None:
        image.putpalette(palette.tobytes())
    try:
        image.save(path)
    except OSError as error:
        path.unlink(missing_ok=True)  # half a picture
        raise UserError(
            f"{path} cannot be written ({error.strerror or error}). Free some space, or name "
            "another folder by --output."
        ) from None
    return path


def _as_batch(
    image: UInt8[np.ndarray, "h w 3"], compute: Compute, working_size: tuple[int, int]
) -> Float[Tensor, "1 3 small_h small_w"]:
    """The image at the size that the network was trained at, in [0, 1], on the device."""
    small = torch.from_numpy(shrink(image, working_size).copy())
    return small.permute(2, 0, 1)[None].to(compute.device).float() / 255.0


def _enlarged(
    maps: Float[Tensor, "1 c small_h small_w"], image: UInt8[np.ndarray, "h w 3"]
) -> Float[Tensor, "1 c h w"]:
    return F.interpolate(maps, size=image.shape[:2], mode="bilinear", align_corners=False)


def _likeliest(scores: Float[Tensor, "1 classes h w"]) -> UInt8[np.ndarray, "h w"]:
    classes: UInt8[np.ndarray, "h w"] = scores.argmax(1)[0].byte().cpu().numpy()
    return classes

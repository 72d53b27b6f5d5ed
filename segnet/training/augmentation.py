"""Augmentation of a whole batch on the device: one affine warp and the colours, each image its own.

Images are sampled bilinearly, masks by the nearest pixel at their native size, in the same warp, so
no label is ever interpolated and a mask is resized once. What falls outside an image is
``IGNORE_INDEX`` in the mask and grey in the image, never a class.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional as F

from segnet.datasets.prepared.tensor_split import Batch
from segnet.taxonomy import IGNORE_INDEX
from segnet.training.recipe import Augmentation

PAD_GREY = 0.5
LUMA = (0.299, 0.587, 0.114)
"""Weights of R, G, B in the grey picture that saturation blends with (ITU-R BT.601)."""


class Draws(NamedTuple):
    """Random numbers in [0, 1) for each image of an epoch, drawn without regard to batches."""

    scale: Float[Tensor, " n"]
    row: Float[Tensor, " n"]
    column: Float[Tensor, " n"]
    flip: Float[Tensor, " n"]
    rotation: Float[Tensor, " n"]
    brightness: Float[Tensor, " n"]
    contrast: Float[Tensor, " n"]
    saturation: Float[Tensor, " n"]

    def at(self, indices: Int64[Tensor, " b"], device: torch.device) -> Draws:
        """The numbers of some images, on a device."""
        return Draws(*(column[indices].to(device) for column in self))


def draw(num_images: int, generator: torch.Generator) -> Draws:
    """Draw the numbers of one epoch on the CPU, the same on every device."""
    return Draws(*torch.rand(len(Draws._fields), num_images, generator=generator))


def augment_batch(
    batch: Batch, draws: Draws, augmentation: Augmentation, *, size: tuple[int, int]
) -> tuple[Float[Tensor, "b 3 h w"], Int64[Tensor, "b h w"]]:
    """Images in [0, 1] and targets at ``size`` (height, width), warped and recoloured.

    Args:
        batch: images and masks on their canvases.
        draws: this batch's random numbers.
        augmentation: ranges; its defaults only resample to ``size``.
        size: height and width of the output, which is a crop where the scaled image is larger.
    """
    grid = _warp(batch, draws, augmentation, size)
    inside = (grid.abs() <= 1).all(-1)
    sampled = _sample(batch.images.float() / 255.0, grid, batch.image_extents, mode="bilinear")
    images = _recolor(sampled, draws, augmentation)
    images = torch.where(inside[:, None], images, PAD_GREY)
    masks = _sample(batch.masks[:, None].float(), grid, batch.mask_extents, mode="nearest")
    targets = torch.where(inside, masks[:, 0].long(), IGNORE_INDEX)
    return images, targets


def _warp(
    batch: Batch, draws: Draws, augmentation: Augmentation, size: tuple[int, int]
) -> Float[Tensor, "b h w 2"]:
    """Where in its image each output pixel is taken from: (x, y), the image spanning [-1, 1]."""
    canvas = torch.tensor(batch.images.shape[-2:], device=batch.images.device)
    image_size = batch.image_extents * canvas  # (b, 2) height, width in pixels
    low, high = augmentation.scale
    scale = low * (high / low) ** draws.scale  # log-uniform: halving is as likely as doubling
    output_size = torch.tensor(size, device=image_size.device)
    reach = output_size / (scale[:, None] * image_size)  # of the image that the output spans
    slack = (1 - reach).abs()
    centre_y = slack[:, 0] * (2 * draws.row - 1)
    centre_x = slack[:, 1] * (2 * draws.column - 1)
    mirror = torch.where(draws.flip < augmentation.flip_probability, -1.0, 1.0)
    angle = math.radians(augmentation.rotation_degrees) * (2 * draws.rotation - 1)
    # a rotation is one of pixels, so it is taken in pixels and put back into [-1, 1]
    aspect = image_size[:, 0] / image_size[:, 1]
    cos, sin = angle.cos(), angle.sin()
    matrix = torch.stack(
        [
            torch.stack([mirror * cos * reach[:, 1], -sin * aspect * reach[:, 0], centre_x], -1),
            torch.stack([mirror * sin / aspect * reach[:, 1], cos * reach[:, 0], centre_y], -1),
        ],
        1,
    )
    return F.affine_grid(matrix, [len(matrix), 1, *size], align_corners=False)


def _sample(
    planes: Float[Tensor, "b c canvas_h canvas_w"],
    grid: Float[Tensor, "b h w 2"],
    extents: Float[Tensor, "b 2"],
    *,
    mode: str,
) -> Float[Tensor, "b c h w"]:
    """Sample images that fill the top left ``extents`` of their canvas, never what is beside."""
    last_pixel = 2 * extents - 1 - 1 / torch.tensor(planes.shape[-2:], device=planes.device)
    on_canvas = (grid + 1) * extents.flip(-1)[:, None, None] - 1
    on_canvas = torch.minimum(on_canvas, last_pixel.flip(-1)[:, None, None])
    return F.grid_sample(planes, on_canvas, mode=mode, padding_mode="border", align_corners=False)


def _recolor(
    images: Float[Tensor, "b 3 h w"], draws: Draws, augmentation: Augmentation
) -> Float[Tensor, "b 3 h w"]:
    """Brightness, contrast about the mean, saturation: factors in 1 ± the given strength."""

    def factor(strength: float, column: Tensor) -> Tensor:
        return (1 + strength * (2 * column - 1)).view(-1, 1, 1, 1)

    images = images * factor(augmentation.brightness, draws.brightness)
    mean = images.mean((1, 2, 3), keepdim=True)
    images = mean + (images - mean) * factor(augmentation.contrast, draws.contrast)
    luma = torch.tensor(LUMA, device=images.device).view(1, 3, 1, 1)
    grey = (images * luma).sum(1, keepdim=True)
    images = grey + (images - grey) * factor(augmentation.saturation, draws.saturation)
    return images.clamp(0, 1)

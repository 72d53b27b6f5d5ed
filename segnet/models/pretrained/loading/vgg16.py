"""One set of ImageNet weights for every VGG16 encoder, whatever its parameters are called."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

from segnet.errors import UserError
from segnet.models.parts.blocks import VGG16Stages


def load(network: nn.Module, file: Path) -> bool:
    """Give a network's VGG16 encoder the published convolutions, in place.

    Returns:
        False for a network whose attribute ``encoder`` is no VGG16, which is left as it is.

    Raises:
        UserError: as :func:`load_vgg16_convolutions`.
    """
    encoder = getattr(network, "encoder", None)
    if not isinstance(encoder, VGG16Stages):
        return False
    load_vgg16_convolutions(encoder, file)
    return True


def load_vgg16_convolutions(encoder: nn.Module, path: Path) -> None:
    """Copy the 13 VGG16 convolutions into an encoder, in order of depth; the rest stays.

    Args:
        encoder: a module whose convolutions, in order of registration, are those of VGG16.
        path: safetensors with ``features.<i>.weight`` and ``features.<i>.bias`` as torchvision
        names them.

    Raises:
        UserError: if the file is missing or the encoder's convolutions have other shapes.
    """
    if not path.exists():
        raise UserError(f"{path} does not exist. Run `dvc repro`, which fetches the weights first.")
    tensors = load_file(path)
    layers = sorted({int(name.split(".")[1]) for name in tensors})
    convolutions = [module for module in encoder.modules() if isinstance(module, nn.Conv2d)]
    wanted = [tensors[f"features.{layer}.weight"].shape for layer in layers]
    found = [convolution.weight.shape for convolution in convolutions]
    if wanted != found:
        raise UserError(
            f"{path} holds {len(wanted)} VGG16 convolutions that do not fit this encoder of "
            f"{len(found)}. Pretrained weights need `width: 1` and a VGG16 encoder; else set "
            "`encoder_weights: random`."
        )
    with torch.no_grad():
        for layer, convolution in zip(layers, convolutions, strict=True):
            convolution.weight.copy_(tensors[f"features.{layer}.weight"])
            assert convolution.bias is not None
            convolution.bias.copy_(tensors[f"features.{layer}.bias"])

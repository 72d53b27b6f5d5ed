"""VGG16's convolutions as one safetensors file, whoever trained or converted them. No torch.

The 13 convolutions of ImageNet VGG16 (Simonyan and Zisserman, arXiv 1409.1556; CC BY 4.0), in
torchvision's names (``features.0.weight``) and convention (RGB, 255 * (x - mean), as
``VGG16_Weights.IMAGENET1K_FEATURES``), as float16. Its classifier is not among them.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from segnet.datasets.fetching.published_files import download, mirror_entry
from segnet.errors import UserError

VGG16_URL = "https://download.pytorch.org/models/vgg16_features-amdegroot-88682ab5.pth"
VGG16_URL_SHA256 = "88682ab5"
"""torchvision puts the beginning of the digest into the file's name."""
VGG16_TENSORS_SHA256 = "89e53db9c3b371dd2544f44e4b2ae185f489c036e0da1be293411e3781df8830"
"""Of :func:`tensors_digest`: the same for the mirror's file and for torchvision's as float16."""

Tensors = Mapping[str, np.ndarray]


def fetch(file: Path) -> None:
    """Leave the safetensors file; one that is there and right is kept.

    Raises:
        UserError: if the mirror lacks it, nothing can be downloaded, or the tensors are other ones.
    """
    if file.exists():
        _check_vgg16(_read_tensors(file), file)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    scratch = file.with_name(f".{file.name}.part")
    mirrored = mirror_entry(f"weights/{file.name}")
    try:
        if mirrored is not None:
            _check_vgg16(_read_tensors(mirrored), mirrored)
            shutil.copyfile(mirrored, scratch)
        else:
            published = file.parent.with_name(f"{file.parent.name}.pth")
            download([VGG16_URL], published, sha256=VGG16_URL_SHA256)
            tensors = convert_vgg16(published)
            _check_vgg16(tensors, published)
            save_file(dict(tensors), scratch)
            published.unlink()
        scratch.replace(file)
    finally:
        scratch.unlink(missing_ok=True)


def convert_vgg16(path: Path) -> Tensors:
    """The convolutions of torchvision's file as float16. Needs torch.

    Raises:
        UserError: if torch cannot read the file as plain tensors.
    """
    import pickle

    import torch

    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError) as error:
        raise UserError(f"{path} holds no weights ({error}). Delete it and fetch again.") from None
    return {
        name: tensor.to(torch.float16).numpy()
        for name, tensor in state.items()
        if name.startswith("features.")
    }


def tensors_digest(tensors: Tensors) -> str:
    """SHA-256 over names, types, shapes and bytes of tensors, in name order."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tensor.shape}\n".encode())
        digest.update(np.ascontiguousarray(tensor).data)
    return digest.hexdigest()


def _read_tensors(path: Path) -> Tensors:
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise UserError(
            f"{path} is no safetensors file ({error}). Delete it, fetch again."
        ) from None


def _check_vgg16(tensors: Tensors, path: Path) -> None:
    found = tensors_digest(tensors)
    if found != VGG16_TENSORS_SHA256:
        raise UserError(
            f"{path} holds {len(tensors)} tensors with SHA-256 {found[:12]}, not the published "
            f"VGG16 convolutions ({VGG16_TENSORS_SHA256[:12]}). Delete it and fetch again."
        )

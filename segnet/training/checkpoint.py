"""Weights as safetensors, and the state of an unfinished training. Written whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from segnet.errors import UserError

Weights = dict[str, Tensor]


def copy_weights(network: nn.Module) -> Weights:
    """A copy on the CPU of every parameter and buffer, in the default memory layout."""
    return {
        name: tensor.detach().to("cpu", copy=True).contiguous()
        for name, tensor in network.state_dict().items()
    }


def save_weights(weights: Weights, path: Path) -> None:
    """Write weights as safetensors: no code in the file, equal weights give equal bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.part")
    save_file(weights, scratch)
    scratch.replace(path)


def load_weights(network: nn.Module, path: Path) -> None:
    """Copy weights from a file into a network of the same architecture.

    Raises:
        UserError: if the file is missing or belongs to another architecture.
    """
    if not path.exists():
        raise UserError(f"{path} does not exist: this cell has not been trained. Run `dvc repro`.")
    try:
        network.load_state_dict(load_file(path))
    except RuntimeError as error:
        raise UserError(f"{path} belongs to another network: {error}") from None


def save_state(state: dict[str, Any], path: Path) -> None:
    """Write the state of a training: tensors and plain data only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.part")
    torch.save(state, scratch)
    scratch.replace(path)


def load_state(path: Path) -> dict[str, Any] | None:
    """The state that :func:`save_state` wrote, or None if there is none; executes no code."""
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state

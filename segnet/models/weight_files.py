"""Weights of a network as safetensors files, written whole or not at all."""

from __future__ import annotations

import hashlib
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from segnet.atomic import write_bytes
from segnet.errors import UserError

Weights = dict[str, Tensor]


def copy_weights(network: nn.Module) -> Weights:
    """A copy on the CPU of every parameter and buffer, in the default memory layout."""
    return {
        name: tensor.detach().to("cpu", copy=True).contiguous()
        for name, tensor in network.state_dict().items()
    }


def save_weights(weights: Weights, path: Path) -> str:
    """Write weights as safetensors: no code in the file, equal weights give equal bytes.

    Returns:
        The file's SHA-256.
    """
    content = save(weights)
    write_bytes(path, content)
    return hashlib.sha256(content).hexdigest()


def load_weights(network: nn.Module, path: Path) -> str:
    """Copy weights from a file into a network of the same architecture.

    Returns:
        The file's SHA-256.

    Raises:
        UserError: if the file is missing, damaged or belongs to another architecture.
    """
    try:
        content = path.read_bytes()
        network.load_state_dict(load(content))
    except FileNotFoundError:
        raise UserError(
            f"{path} does not exist: this cell has not been trained. Run `dvc repro`."
        ) from None
    except SafetensorError as error:
        raise UserError(f"{path} is damaged ({error}). Delete it, then run `dvc repro`.") from None
    except RuntimeError as error:
        raise UserError(f"{path} belongs to another network: {error}") from None
    return hashlib.sha256(content).hexdigest()

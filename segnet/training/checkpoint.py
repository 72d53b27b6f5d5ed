"""Weights as safetensors, and the state of an unfinished training. Written whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch


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

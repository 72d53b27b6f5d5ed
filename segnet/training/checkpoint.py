"""The state of an unfinished training, written whole or not at all, and read only if whole."""

from __future__ import annotations

import hashlib
import io
import pickle
import sys
from pathlib import Path
from typing import Any

import torch

from segnet.atomic import write_bytes

DIGEST_BYTES = hashlib.sha256().digest_size


def save_state(state: dict[str, Any], path: Path) -> None:
    """Write the state of a training: tensors and plain data only, behind their SHA-256.

    A disk that is full is no reason to stop: the training goes on, and a warning says so.
    """
    buffer = io.BytesIO()
    torch.save(state, buffer)
    content = buffer.getvalue()
    try:
        write_bytes(path, hashlib.sha256(content).digest() + content)
    except OSError as error:
        print(
            f"warning: {path} could not be written ({error.strerror}): the training goes on, but "
            "if it is interrupted it starts from an older state. Free some space.",
            file=sys.stderr,
        )


def load_state(path: Path) -> dict[str, Any] | None:
    """The state that :func:`save_state` wrote, or None if there is none; executes no code.

    A damaged file counts as none: the training starts anew, and a warning says so.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    digest, content = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
    if hashlib.sha256(content).digest() == digest:
        try:
            state: dict[str, Any] = torch.load(
                io.BytesIO(content), map_location="cpu", weights_only=True
            )
        except (RuntimeError, pickle.UnpicklingError):  # another torch's format, or code
            pass
        else:
            return state
    print(f"warning: {path} is damaged: the training starts anew.", file=sys.stderr)
    return None

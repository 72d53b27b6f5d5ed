"""A training that does not fit in memory says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from segnet.errors import UserError

CPU_REFUSAL = "can't allocate memory"
"""What torch says of memory that the operating system does not give; a RuntimeError of no name."""


@contextmanager
def fitting_memory(*, batch_size: int, size: tuple[int, int]) -> Iterator[None]:
    """Turn a failed allocation into a message that names what to reduce.

    Raises:
        UserError: if the block runs out of memory, of the device or of the machine.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        is_memory = isinstance(error, (MemoryError, torch.OutOfMemoryError))
        if not (is_memory or CPU_REFUSAL in str(error)):
            raise
        raise UserError(
            f"out of memory with batches of {batch_size} images of {size[0]}x{size[1]}. Reduce "
            "`bench.working_size`, the recipe's `batch_size` or its crop in params.yaml."
        ) from error

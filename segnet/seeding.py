"""One seed a run, split into named random streams.

Every draw names what it is for: ``generator(seed, "order", epoch)``. Streams do not depend on each
other, so resuming, validating more often or another batch order on the device changes no result.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch


def stream_seed(seed: int, *names: str | int) -> int:
    """A 63-bit seed that depends on the run's seed and on every name."""
    text = "/".join(str(part) for part in (seed, *names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(seed: int, *names: str | int) -> torch.Generator:
    """A CPU generator for one purpose; the same arguments give the same draws on every machine."""
    return torch.Generator().manual_seed(stream_seed(seed, *names))


@contextmanager
def global_stream(seed: int, *names: str | int) -> Iterator[None]:
    """Seed torch's global generators for a block of code that cannot take a generator.

    Weight initialisation and dropout draw from them. The state before the block is restored after
    it.
    """
    devices = list(range(torch.cuda.device_count()))
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(stream_seed(seed, *names))
        yield

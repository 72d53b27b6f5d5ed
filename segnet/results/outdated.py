"""Which settings a cell was trained with that are others now. No torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

WRITTEN_OUT = ("bench", "recipe")
"""Blocks that records hold with every default. A key that an older record lacks is a newer default;
in the options of a model, say, it is an option that was added."""


def changed_settings(trained: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """The keys of a configuration that have another value now; of ``bench`` without the block."""
    for block in ("bench", "recipe", "model", "loss", "dataset"):
        if block in trained and block in now:
            named = {"bench": ""}.get(block, f"{block}.")
            yield from _differing(trained[block], now[block], named, block in WRITTEN_OUT)


def _differing(before: Any, now: Any, where: str, is_written_out: bool) -> Iterator[str]:
    if not (isinstance(before, Mapping) and isinstance(now, Mapping)):
        if before != now:
            yield where.removesuffix(".")
        return
    for key in dict.fromkeys((*before, *now)):
        if key in before and key in now:
            yield from _differing(before[key], now[key], f"{where}{key}.", is_written_out)
        elif not is_written_out:
            yield f"{where}{key}"

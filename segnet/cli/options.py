"""Options that more than one command takes, and what they mean."""

from __future__ import annotations

from typing import Annotated

import typer

BenchName = Annotated[str, typer.Option(help="Which bench; default: the one in params.yaml.")]


def names(text: str) -> tuple[str, ...]:
    """The words of a comma-separated option."""
    return tuple(word.strip() for word in text.split(",") if word.strip())

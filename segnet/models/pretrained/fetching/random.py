"""Random initialisation, for which there is nothing to fetch."""

from __future__ import annotations

from pathlib import Path


def fetch(file: Path) -> None:
    """Leave a note that says so."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("Nothing is fetched: encoders start from random weights.\n")

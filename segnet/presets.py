"""Presets: named contents of the block ``bench`` of ``params.yaml``."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from segnet.config import Bench, load_config
from segnet.errors import lookup
from segnet.records import write_atomically

PRESETS = Path("pipelines/presets")
BENCH_BLOCK = re.compile(r"^bench:\n(?:[ \t#].*\n|\n)*?(?=^\S|\Z)", re.MULTILINE)
"""The key ``bench`` with its indented lines, up to the next key."""


def preset_files() -> dict[str, Path]:
    """The preset files by name."""
    files = {path.stem: path for path in PRESETS.glob("*.yaml")}
    return {name: files[name] for name in sorted(files)}


def apply_preset(name: str, params: Path = Path("params.yaml")) -> Bench:
    """Replace the block ``bench`` of ``params.yaml``; every other line stays as it is.

    The result is checked before the file is replaced.

    Raises:
        UserError: for an unknown preset, or one that does not fit the rest of the file.
    """
    block = lookup(preset_files(), name, what="preset").read_text().rstrip("\n") + "\n\n"
    text, replaced = BENCH_BLOCK.subn(lambda _: block, params.read_text(), count=1)
    if not replaced:
        text = block + text
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / params.name
        trial.write_text(text)
        bench = load_config(trial).bench
    write_atomically(params, text)
    return bench

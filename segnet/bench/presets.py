"""Presets: named contents of the block ``bench`` of ``params.yaml``; blocks as text. No torch."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from segnet.atomic import write_atomically
from segnet.bench.config import load_config
from segnet.bench.steady import require_no_repro
from segnet.errors import UserError, lookup
from segnet.grid import Bench
from segnet.paths import PRESETS

PARAMS = Path("params.yaml")
BENCH_BLOCK = re.compile(r"^bench:\n(?:[ \t#].*\n|\n)*?(?=^\S|\Z)", re.MULTILINE)
"""The key ``bench`` with its indented lines, up to the next key."""
DATASETS_BLOCK = re.compile(r"^datasets:[^\n]*\n(?:[ \t].*(?:\n|\Z)|\n(?=[ \t]))*", re.MULTILINE)
CUSTOM_ENTRY = re.compile(r"^  custom:.*\n(?:    .*\n)*", re.MULTILINE)
PLAIN_WORD = re.compile(r"(?!(?:true|false|null)\b)[A-Za-z_][\w-]*")
"""A text that YAML takes for one without quotes."""


def preset_files() -> dict[str, Path]:
    """The preset files by name."""
    files = {path.stem: path for path in PRESETS.glob("*.yaml")}
    return {name: files[name] for name in sorted(files)}


def apply_preset(name: str, params: Path = PARAMS) -> Bench:
    """Replace the block ``bench`` of ``params.yaml``; every other line stays as it is.

    The result is checked before the file is replaced.

    Raises:
        UserError: for an unknown preset, one that does not fit the rest of the file, or while DVC
            is running.
    """
    block = lookup(preset_files(), name, what="preset").read_text()
    return _replace(params, _with_bench(params.read_text(), block))


def restore_params(params: Path = PARAMS) -> Bench:
    """Bring back the committed ``params.yaml``: every change that was not committed is lost.

    Raises:
        UserError: if git does not have the file, its content is wrong, or while DVC is running.
    """
    try:
        committed = subprocess.run(
            ["git", "show", f"HEAD:./{params}"], check=True, capture_output=True, text=True
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        raise UserError(
            f"git has no {params} to bring back ({said.strip()}). Name a preset instead."
        ) from None
    return _replace(params, committed)


def write_bench(bench: Bench, *, own_data: Path | None, params: Path = PARAMS) -> Bench:
    """Replace the block ``bench`` and, if given, the entry ``datasets.custom``.

    Every other line stays as it is. The result is checked before the file is replaced.

    Raises:
        UserError: if the bench does not fit the rest of the file, or while DVC is running.
    """
    text = _with_bench(params.read_text(), bench_text(bench))
    if own_data is not None:
        text = _with_own_data(text, own_data)
    return _replace(params, text)


def bench_text(bench: Bench) -> str:
    """The bench as a block of ``params.yaml``."""
    values = bench.model_dump(mode="json")
    return "\n".join(["bench:", *(f"  {key}: {_flow(values[key])}" for key in values)]) + "\n"


def _flow(value: Any) -> str:
    """A value on one line of YAML."""
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_flow(one)}' for key, one in value.items())}}}"
    if isinstance(value, str) and PLAIN_WORD.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _with_bench(text: str, block: str) -> str:
    block = block.rstrip("\n") + "\n\n"
    changed, replaced = BENCH_BLOCK.subn(lambda _: block, text, count=1)
    return changed if replaced else block + text


def _with_own_data(text: str, file: Path) -> str:
    entry = f"  custom: {{file: {json.dumps(file.as_posix(), ensure_ascii=False)}}}\n"

    def change(match: re.Match[str]) -> str:
        block, replaced = CUSTOM_ENTRY.subn(lambda _: entry, match[0], count=1)
        return block if replaced else block.rstrip("\n") + "\n" + entry

    return DATASETS_BLOCK.sub(change, text, count=1)


def _replace(params: Path, text: str) -> Bench:
    """Write the file, unless it would not be a valid configuration or is in use."""
    require_no_repro()
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / params.name
        trial.write_text(text)
        bench = load_config(trial).bench
    write_atomically(params, text)
    return bench

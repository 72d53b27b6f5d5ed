"""The code that a stage depends on, as ``dvc.yaml`` names it."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import segnet
from segnet.schema import read_yaml

ROOT = Path(segnet.__file__).parents[1]
"""Of the code that runs, which need not be the current folder."""
CODE = ("segnet/", "pipelines/")


def stage_code(stage: str, root: Path = ROOT, **item: str) -> list[Path]:
    """The files of code that the stage depends on, packages file by file, relative to ``root``.

    Args:
        stage: a key of ``dvc.yaml: stages``.
        root: of the checkout.
        item: the point of the stage's matrix, such as ``model="segnet_v1"``.
    """
    files: list[Path] = []
    for dep in _stages(root)[stage]["deps"]:
        name = str(dep)
        for axis, value in item.items():
            name = name.replace(f"${{item.{axis}}}", value)
        if name.startswith(CODE):
            path = root / name
            files += sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return [path.relative_to(root) for path in files]


@cache
def _stages(root: Path) -> dict[str, Any]:
    """The stages of ``dvc.yaml``, which takes a tenth of a second to read."""
    stages: dict[str, Any] = read_yaml(root / "dvc.yaml")["stages"]
    return stages


def code_digest(stage: str, root: Path = ROOT, **item: str) -> str:
    """Twelve hexadecimal digits that change with any of these files."""
    digest = hashlib.sha256()
    for path in stage_code(stage, root, **item):
        digest.update(f"{path}\0".encode() + hashlib.sha256((root / path).read_bytes()).digest())
    return digest.hexdigest()[:12]

"""The code that a stage depends on, as ``dvc.yaml`` names it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from segnet.schema import read_yaml

CODE = ("segnet/", "pipelines/")


def stage_code(stage: str, **item: str) -> list[Path]:
    """The files of code that the stage depends on, packages file by file.

    Args:
        stage: a key of ``dvc.yaml: stages``.
        item: the point of its matrix, such as ``model="segnet_v1"``.
    """
    files: list[Path] = []
    for dep in read_yaml(Path("dvc.yaml"))["stages"][stage]["deps"]:
        name = str(dep)
        for axis, value in item.items():
            name = name.replace(f"${{item.{axis}}}", value)
        if name.startswith(CODE):
            path = Path(name)
            files += sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return files


def code_digest(stage: str, **item: str) -> str:
    """Twelve hexadecimal digits that change with any of these files."""
    digest = hashlib.sha256()
    for path in stage_code(stage, **item):
        digest.update(f"{path}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]

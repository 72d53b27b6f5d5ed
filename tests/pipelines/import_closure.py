"""Which files of the project a file runs, taken from its syntax tree."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path


@cache
def local_imports(path: str) -> frozenset[str]:
    """The project's files that a file imports, wherever in it the import stands.

    Python runs the ``__init__.py`` of every package on the way, so those with code count too.
    """
    modules: set[str] = set()
    for node in ast.walk(ast.parse(Path(path).read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path} imports relatively"
            modules |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
    parts = [module.split(".") for module in modules]
    folders = {Path(*one[:depth]) for one in parts for depth in range(1, len(one) + 1)}
    files = {file for one in folders for file in (one.with_suffix(".py"), one / "__init__.py")}
    return frozenset(str(file) for file in files if file.exists() and holds_code(file))


@cache
def holds_code(file: Path) -> bool:
    """Whether a module is more than its docstring."""
    return len(ast.parse(file.read_text()).body) > 1


@cache
def everything_that_runs(entry: str, but_not: frozenset[str]) -> frozenset[str]:
    """A file and all that it imports; what lies under ``but_not`` is left out with its imports."""
    skipped = tuple(but_not)
    found: set[str] = set()
    waiting = [entry]
    while waiting:
        path = waiting.pop()
        if path not in found and not path.startswith(skipped):
            found.add(path)
            waiting.extend(local_imports(path))
    return frozenset(found)

"""Rules on the code itself: which way imports point, and that what says "No torch" loads none."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path("segnet")
LEAVES = ("atomic", "compute", "errors", "grid", "paths", "schema", "seeding", "taxonomy")
"""Modules directly in the package that every other may use, and that use none but each other."""
ONLY_IMPORTER = {
    "av": "segnet/inference/videos.py",
    "mlflow": "segnet/tracking",
    "matplotlib": "segnet/reporting",
    "segmentation_models_pytorch": ("segnet/models", "segnet/losses"),
    "typer": "segnet/cli/",
    "scipy": (
        "segnet/datasets/preparing/matlab.py",
        "segnet/results/spread.py",
        "segnet/statistics/",
        "segnet/submissions/alignment.py",
    ),
}
DRAWERS = ("utils", "helpers", "common", "misc", "core", "base", "manager", "handler")


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


@cache
def imported(path: Path) -> set[str]:
    """Every module that a file imports anywhere, in full."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize(("package", "place"), ONLY_IMPORTER.items())
def test_heavy_package_has_one_importer(package: str, place: str | tuple[str, ...]) -> None:
    importers = [
        str(path)
        for path in modules()
        if any(name.split(".")[0] == package for name in imported(path))
    ]
    assert all(path.startswith(place) for path in importers)


def room(path: Path) -> str:
    """The package or leaf that a file is in: its first name below ``segnet``."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def rooms_used() -> dict[str, dict[str, list[str]]]:
    """By room the other rooms that its files import, with these files."""
    used: dict[str, dict[str, list[str]]] = {room(path): {} for path in modules()}
    for path in modules():
        for name in imported(path):
            first, *rest = name.split(".")
            other = rest[0] if rest else ""
            if first == PACKAGE.name and other in used and other != room(path):
                used[room(path)].setdefault(other, []).append(str(path))
    return used


ROOMS = {room(path) for path in modules()} - {"__init__", "__main__"}
SUBJECTS = ROOMS - {"cli", "bench", *LEAVES}
MAY_IMPORT = {
    "cli": ROOMS,
    "bench": SUBJECTS | {*LEAVES},
    **{subject: SUBJECTS | {*LEAVES} for subject in SUBJECTS},
    **{leaf: {*LEAVES} for leaf in LEAVES},
}
"""The command line and the stages choose what runs through ``bench``, which knows the subjects."""


@pytest.mark.parametrize("where", sorted(ROOMS))
def test_imports_point_one_way(where: str) -> None:
    for other, files in rooms_used()[where].items():
        assert other in MAY_IMPORT[where], f"{other}: {files}"


def test_no_two_rooms_need_each_other() -> None:
    used = rooms_used()
    needed = {where: {*others} - {"__init__"} for where, others in used.items()}
    tuple(TopologicalSorter(needed).static_order())  # raises CycleError and names the circle


def test_library_does_not_import_the_stages() -> None:
    for path in modules():
        if room(path) != "cli":
            assert not any(name.split(".")[0] == "pipelines" for name in imported(path)), path


def test_training_and_scoring_know_no_registry_and_no_tracker() -> None:
    for name in (
        "training/loop",
        "training/augmentation",
        "training/optimizer",
        "scoring/counts/evaluation",
        "scoring/counts/metrics",
        "scoring/counts/confusion",
    ):
        forbidden = {"segnet.models", "segnet.losses.LOSSES", "segnet.datasets.registry"}
        names = imported(PACKAGE / f"{name}.py")
        assert not names & forbidden, name
        assert not any(one.startswith("segnet.tracking") for one in names), name


def module_name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def without_torch() -> list[str]:
    """Modules whose docstring says "no torch", and all modules of packages whose docstring does."""
    claims = {
        module_name(path)
        for path in modules()
        if "no torch"
        in " ".join((ast.get_docstring(ast.parse(path.read_text())) or "").split()).lower()
    }
    return sorted(
        name
        for name in map(module_name, modules())
        if any(f"{name}.".startswith(f"{claim}.") for claim in claims)
    )


FIRST_THAT_LOADS = """
import importlib, sys
unwanted, *names = sys.argv[1:]
for name in names:
    importlib.import_module(name)
    if unwanted in sys.modules:
        sys.exit(f"importing {name} loads {unwanted}")
"""


def loading(unwanted: str, *names: str) -> str:
    """A message on the first of these modules that loads another, in a new process; or nothing."""
    command = [sys.executable, "-c", FIRST_THAT_LOADS, unwanted, *names]
    return subprocess.run(command, check=False, capture_output=True, text=True).stderr


def test_modules_that_say_no_torch_load_none() -> None:
    names = without_torch()
    assert len(names) > 40  # else the docstrings no longer say it in these words
    assert loading("torch", "segnet.cli", "segnet.tracking", "segnet.errors", *names) == ""


def test_loading_an_unwanted_module_is_noticed() -> None:
    """By the same check, on one that loads faster."""
    message = "importing segnet.taxonomy loads segnet.taxonomy\n"
    assert loading("segnet.taxonomy", "segnet.errors", "segnet.taxonomy", "segnet.paths") == message


def test_no_drawer_without_a_promise() -> None:
    for path in [*modules(), *Path("pipelines").rglob("*.py"), *Path("tests").rglob("*.py")]:
        assert path.stem not in DRAWERS, path


def test_no_two_test_files_have_one_name() -> None:
    """Pytest imports them by their names, and collects nothing where two are alike."""
    names = [path.name for path in Path("tests").rglob("*.py")]
    assert sorted({name for name in names if names.count(name) > 1}) == []

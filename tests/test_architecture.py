"""Rules on the code itself: which way imports point, and what must not load torch."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path("segnet")
NO_TORCH = (
    "bench.config",
    "taxonomy",
    "results.records",
    "scoring.counts.metrics",
    "cli",
    "reporting",
    "tracking",
    "errors",
    "statistics.resampling",
    "statistics.bootstrap",
    "statistics.intervals",
    "results.published",
    "scoring.boundary.scores",
    "scoring.boundary.store",
    "scoring.calibration.error",
    "bench.defaults",
    "bench.contact_sheet",
    "bench.data_doctor",
)
ONLY_IMPORTER = {
    "mlflow": "segnet/tracking",
    "matplotlib": "segnet/reporting",
    "segmentation_models_pytorch": ("segnet/models", "segnet/losses"),
    "typer": "segnet/cli/",
    "scipy": (
        "segnet/datasets/preparing/matlab.py",
        "segnet/statistics/",
        "segnet/submissions/alignment.py",
    ),
}
DRAWERS = ("utils", "helpers", "common", "misc", "core", "base", "manager", "handler")


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


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


def test_library_does_not_import_the_command_line_or_the_stages() -> None:
    for path in modules():
        if "cli" not in path.parts and path.name != "__main__.py":
            names = imported(path)
            assert not any(name.startswith("segnet.cli") for name in names), path
            assert not any(name.split(".")[0] == "pipelines" for name in names), path


def test_training_and_scoring_know_no_registry_and_no_tracker() -> None:
    for name in (
        "training/loop",
        "training/augmentation",
        "training/optimizer",
        "scoring/counts/evaluation",
        "scoring/counts/metrics",
        "scoring/counts/confusion",
    ):
        forbidden = {"segnet.models", "segnet.losses.LOSSES", "segnet.datasets.DATASETS"}
        names = imported(PACKAGE / f"{name}.py")
        assert not names & forbidden, name
        assert not any(one.startswith("segnet.tracking") for one in names), name


@pytest.mark.parametrize("module", NO_TORCH)
def test_module_does_not_load_torch(module: str) -> None:
    code = f"import sys, segnet.{module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_no_drawer_without_a_promise() -> None:
    for path in [*modules(), *Path("pipelines").rglob("*.py"), *Path("tests").rglob("*.py")]:
        assert path.stem not in DRAWERS, path

"""Write a ``baseline.json`` anew: ``python tests/write_baseline.py mosaics``, or ``smoke``.

Trains every cell of the bench, accepts the scores by ``segbench check --update`` and prints what
changed: do so if a score is meant to change. With ``--repeat`` the bench is also trained in each of
:data:`WAYS`, from which the spreads are measured anew: do so if recipe, data or a network changed.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from trained_bench import BASELINE, ROOT, make_project, segbench_check, train

from pipelines import prepare
from segnet.results.repetitions import read_trainings

BASELINES = {"mosaics": BASELINE, "smoke": ROOT / "reports/smoke/baseline.json"}
OPTIONS = {"mosaics": ("--double",), "smoke": ()}
WAYS: tuple[dict[str, str], ...] = (
    {"ATEN_CPU_CAPABILITY": "default"},
    {"ONEDNN_MAX_CPU_ISA": "SSE41"},
    {
        "ATEN_CPU_CAPABILITY": "default",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
    },
)
"""Instruction sets that every x86 processor has: of torch, of its convolutions, of its products of
matrices. Each adds in another order."""
MORE_SEEDS: dict[str, Any] = {
    "seeds": [0, 1, 2],
    "more_seeds": {"models": [], "losses": [], "seeds": []},
}
"""Of the first of the ways: with one seed a cell a bench tells nothing of seeds."""


def make(bench: str, folder: Path, changes: Mapping[str, Any]) -> None:
    """A project with parameters and prepared data."""
    if bench == "mosaics":
        make_project(folder, {f"bench.{key}": value for key, value in changes.items()})
        return
    yaml = YAML(typ="safe")
    params = yaml.load(ROOT / "params.yaml")
    params |= yaml.load(ROOT / f"pipelines/presets/{bench}.yaml")
    params["bench"] |= changes
    yaml.dump(params, folder / "params.yaml")
    with contextlib.chdir(folder):
        for dataset in params["bench"]["datasets"]:
            prepare.main(dataset)


def table(bench: str, projects: list[Path]) -> str:
    """Percent mIoU of every cell in each project, and the largest difference."""
    trained = [read_trainings(bench, project) for project in projects]
    lines = ["| cell | " + " | ".join(project.name for project in projects) + " | range |"]
    lines.append("| --- |" + " ---: |" * (len(projects) + 1))
    for cell in trained[0]:
        scores = [100 * cells[cell].miou for cells in trained]
        columns = " | ".join(f"{score:.2f}" for score in scores)
        lines.append(f"| {cell.slug} | {columns} | {max(scores) - min(scores):.2f} |")
    return "\n".join(lines)


def main(bench: str, ways: tuple[dict[str, str], ...]) -> None:
    path = BASELINES[bench]
    with tempfile.TemporaryDirectory() as name:
        projects = []
        for variables in ({}, *ways):
            project = Path(name) / (" ".join(f"{key}={variables[key]}" for key in variables) or "-")
            project.mkdir()
            make(bench, project, MORE_SEEDS if variables == WAYS[0] else {})
            train(project, *OPTIONS[bench], variables=variables)
            projects.append(project)
        report = projects[0] / "reports" / bench
        if path.exists():
            shutil.copy(path, report)
        repeated = [word for project in projects[1:] for word in ("--repeated", str(project))]
        finished = segbench_check(projects[0], "--update", *repeated)
        assert finished.returncode == 0, finished.stdout + finished.stderr
        print(finished.stdout, table(bench, projects), sep="\n")
        shutil.copy(report / "baseline.json", path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python tests/write_baseline.py")
    parser.add_argument("bench", choices=list(BASELINES))
    parser.add_argument("--repeat", action="store_true")
    arguments = parser.parse_args()
    main(arguments.bench, WAYS if arguments.repeat else ())

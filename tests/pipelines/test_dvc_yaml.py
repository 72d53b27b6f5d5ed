"""``dvc.yaml`` names everything that a stage runs and that can change what it writes."""

from __future__ import annotations

from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from import_closure import everything_that_runs

from segnet.datasets.registry import DATASETS
from segnet.losses import LOSSES
from segnet.models import MODELS
from segnet.models.pretrained import FETCH, LOAD
from segnet.schema import read_yaml

CANNOT_CHANGE_A_RESULT = {
    "segnet/__init__.py": "the version number",
    "segnet/atomic.py": "when a file appears, not what is in it",
    "segnet/bench/config.py": "reads the parameters, which are declared",
    "segnet/bench/stage_code.py": "whether a saved state may be continued",
    "segnet/bench/steady.py": "refuses a stage whose parameters change under it",
    "segnet/cli/": "what a person types and sees",
    "segnet/datasets/definition.py": "the form of a registry's entry",
    "segnet/datasets/progress.py": "what a person sees",
    "segnet/datasets/registry.py": "a registry: a new data set must not re-run the others",
    "segnet/errors.py": "messages",
    "segnet/grid.py": "names of cells; the parameters are declared",
    "segnet/losses/__init__.py": "a registry: a new loss must not re-run the others",
    "segnet/models/__init__.py": "a registry: a new model must not re-run the others",
    "segnet/models/pretrained/__init__.py": "a registry; which weights is a declared parameter",
    "segnet/paths.py": "where files lie; the outputs are declared",
    "segnet/results/": "the form of a record, which has a schema number",
    "segnet/schema.py": "how parameters are checked",
    "segnet/taxonomy.py": "names and colours are in the prepared data",
    "segnet/tracking/": "a view of the records",
}
"""What a stage need not name, and why. It is followed no further, unless the stage names it."""
OF_ONE_STAGE = {
    "fetch": {"segnet/datasets/prepared/": "nothing is prepared yet"},
    "prepare": {"segnet/datasets/fetching/": "what it left is a dependency"},
}
"""The same for single stages."""
OWN_FILES = {
    "fetch": ("dataset",),
    "weights": ("weights",),
    "prepare": ("dataset",),
    "measure": ("model",),
    "train": ("model", "loss", "loading"),
    "evaluate": ("model",),
}
"""The axes of which a cell looks its entry up in a registry, so that no import names it."""
ENTRIES = {
    "model": {name: f"segnet/models/{name}.py" for name in MODELS},
    "loss": {name: f"segnet/losses/{name}.py" for name in LOSSES},
    "weights": {kind: f"segnet/models/pretrained/fetching/{kind}.py" for kind in FETCH},
    "loading": {kind: f"segnet/models/pretrained/loading/{kind}.py" for kind in LOAD},
    "dataset": {name: f"segnet/datasets/{name}/__init__.py" for name in DATASETS},
}
MAX_LINES = 170


@cache
def stages() -> dict[str, Any]:
    loaded: dict[str, Any] = read_yaml(Path("dvc.yaml"))["stages"]
    return loaded


def axes_of(stage: str) -> tuple[str, ...]:
    return OWN_FILES.get(stage.removesuffix("_more_seeds"), ())


def cells_of(stage: str) -> list[dict[str, str]]:
    """One cell for each combination of what the stage looks up in a registry."""
    axes = axes_of(stage)
    return [dict(zip(axes, one, strict=True)) for one in product(*(ENTRIES[axis] for axis in axes))]


def code_deps(stage: str, cell: dict[str, str]) -> list[str]:
    """The files and packages that a stage names for one cell."""
    deps = [str(dep) for dep in stages()[stage]["deps"]]
    for axis, name in cell.items():
        deps = [dep.replace(f"${{item.{axis}}}", name) for dep in deps]
    return [dep for dep in deps if dep.startswith(("segnet/", "pipelines/"))]


def what_runs(stage: str, cell: dict[str, str]) -> set[str]:
    """Every file that a cell runs and that can change its result."""
    script = stage.removesuffix("_more_seeds")
    entries = [f"pipelines/{script}.py", *(ENTRIES[axis][name] for axis, name in cell.items())]
    if script == "report":
        entries += ENTRIES["dataset"].values()
    harmless = {*CANNOT_CHANGE_A_RESULT, *OF_ONE_STAGE.get(script, ())}
    deps = code_deps(stage, cell)
    but_not = frozenset(path for path in harmless if not any(covers(dep, path) for dep in deps))
    return set().union(*(everything_that_runs(entry, but_not) for entry in entries))


def covers(dep: str, path: str) -> bool:
    return path.rstrip("/") == dep or path.startswith(f"{dep}/")


@pytest.mark.parametrize("stage", stages())
def test_a_stage_names_all_that_each_of_its_cells_runs(stage: str) -> None:
    for cell in cells_of(stage):
        deps = code_deps(stage, cell)
        for path in what_runs(stage, cell):
            assert any(covers(dep, path) for dep in deps), (
                f"stage {stage} runs {path} for {cell}. Name it or its package in dvc.yaml, or say "
                f"in {Path(__file__).name} why it cannot change a result."
            )


@pytest.mark.parametrize("stage", stages())
def test_a_stage_without_one_of_its_names_is_incomplete(stage: str) -> None:
    cells = cells_of(stage)
    runs = {path for cell in cells for path in what_runs(stage, cell)}
    named = {dep for cell in cells for dep in code_deps(stage, cell)}
    for dep in {dep for dep in named if "." not in dep or Path(dep).exists()}:
        alone = [path for path in runs if covers(dep, path)]
        assert alone, f"stage {stage} names {dep}, which it does not run"
        others = named - {dep}
        assert not all(any(covers(other, path) for other in others) for path in alone), (
            f"stage {stage} names {dep} twice"
        )


def test_code_that_a_stage_names_exists() -> None:
    for stage in stages():
        for cell in cells_of(stage):
            assert all(Path(dep).exists() for dep in code_deps(stage, cell)), (stage, cell)


def test_report_names_its_statistics_which_are_imported_late() -> None:
    runs = what_runs("report", {})
    for name in ("blocks", "jackknife", "margins", "intervals"):
        assert f"segnet/statistics/{name}.py" in runs
    late = [path for path in runs if "reporting/interval_making" in path]
    assert late == ["segnet/reporting/interval_making.py"]


def test_what_changes_numbers_is_not_exempt() -> None:
    cell = {"model": "segnet_v1", "loss": "ce"}
    runs = what_runs("train", cell)
    assert "segnet/training/recipe.py" in runs  # the size of crops
    assert "segnet/models/building.py" in runs
    assert not any(path.startswith(("segnet/cli", "segnet/bench")) for path in runs)


def test_every_key_of_a_registry_is_the_name_of_its_file() -> None:
    for entries in ENTRIES.values():
        for path in entries.values():
            assert Path(path).exists()


def test_file_stays_short() -> None:
    assert len(Path("dvc.yaml").read_text().splitlines()) <= MAX_LINES

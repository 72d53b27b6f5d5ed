"""``dvc.yaml`` names every file that a stage runs and that can change what it writes."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from segnet.datasets.registry import DATASETS
from segnet.models import MODELS
from segnet.schema import read_yaml

CANNOT_CHANGE_A_RESULT = {
    "segnet/__init__.py": "the version number",
    "segnet/bench/config.py": "the parameters themselves are declared",
    "segnet/schema.py": "how parameters are checked",
    "segnet/grid.py": "names of cells; the parameters themselves are declared",
    "segnet/training/recipe.py": "the parameters themselves are declared",
    "segnet/atomic.py": "when a file appears, not what is in it",
    "segnet/datasets/registry.py": "a registry: a new data set must not re-run the others",
    "segnet/datasets/definition.py": "the frame of an entry of that registry",
    "segnet/datasets/preparing/parallel.py": "how many processes prepare",
    "segnet/datasets/progress.py": "what a person sees",
    "segnet/errors.py": "messages",
    "segnet/losses/__init__.py": "a registry: a new loss must not re-run the others",
    "segnet/models/__init__.py": "a registry: a new model must not re-run the others",
    "segnet/paths.py": "where files lie; the stage's outs are declared",
    "segnet/results/provenance.py": "facts about a run",
    "segnet/results/records.py": "the form of a result; a change of form has a schema number",
    "segnet/results/history.py": "the form of a result",
    "segnet/results/array_files.py": "the form of a result",
    "segnet/taxonomy.py": "names and colours are in the prepared data",
}
VIEWS = ("segnet/tracking/", "segnet/cli/")
STAGES = {
    "fetch": "fetch",
    "weights": "fetch",
    "prepare": "prepare",
    "blind_predictors": "blind_predictors",
    "measure": "measure",
    "train": "train",
    "train_more_seeds": "train",
    "evaluate": "evaluate",
    "evaluate_more_seeds": "evaluate",
    "report": "report",
}
STAGES_WITH_A_MODEL = {
    "measure",
    "train",
    "train_more_seeds",
    "evaluate",
    "evaluate_more_seeds",
}


def stages() -> dict[str, Any]:
    loaded: dict[str, Any] = read_yaml(Path("dvc.yaml"))["stages"]
    return loaded


def local_imports(path: Path) -> set[Path]:
    """The project's files that a file imports at its top."""
    found: set[Path] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            modules = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        else:
            continue
        for module in modules:
            base = Path(*module.split("."))
            for candidate in (base.with_suffix(".py"), base / "__init__.py"):
                if candidate.exists():
                    found.add(candidate)
    return found


def holds_only_a_docstring(path: Path) -> bool:
    return path.name == "__init__.py" and len(ast.parse(path.read_text()).body) == 1


def everything_that_runs(script: Path) -> set[str]:
    """A stage script and all that it imports, but not through what cannot change a result."""
    seen: set[Path] = set()
    waiting = [script]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        if str(path) not in CANNOT_CHANGE_A_RESULT and not str(path).startswith(VIEWS):
            waiting.extend(local_imports(path))
    return {str(path) for path in seen if not holds_only_a_docstring(path)}


@pytest.mark.parametrize(("stage", "script"), STAGES.items())
def test_code_dependencies_of_a_stage_are_complete(stage: str, script: str) -> None:
    declared = [str(one) for one in stages()[stage]["deps"]]
    for path in everything_that_runs(Path(f"pipelines/{script}.py")):
        if path in CANNOT_CHANGE_A_RESULT or path.startswith(VIEWS):
            continue
        if stage == "weights" and path.startswith("segnet/datasets/"):
            continue
        covered = any(path == dep or path.startswith(f"{dep}/") for dep in declared)
        assert covered, f"stage {stage} runs {path}, which dvc.yaml does not name"


@pytest.mark.parametrize("stage", sorted(STAGES_WITH_A_MODEL))
@pytest.mark.parametrize("model", sorted(MODELS))
def test_code_dependencies_of_a_model_are_complete(stage: str, model: str) -> None:
    own = f"segnet/models/{model}.py"
    declared = [dep.replace("${item.model}", model) for dep in stages()[stage]["deps"]]
    runs = everything_that_runs(Path(own)) - set(CANNOT_CHANGE_A_RESULT)
    assert runs <= set(declared)


def test_code_dependencies_exist() -> None:
    for name, stage in stages().items():
        for dep in stage["deps"]:
            if dep.startswith(("segnet", "pipelines")) and "$" not in dep:
                assert Path(dep).exists(), f"{name}: {dep}"


def test_every_key_of_a_registry_is_the_name_of_its_file() -> None:
    for model in MODELS:
        assert Path(f"segnet/models/{model}.py").exists()
    for dataset in DATASETS:
        assert Path(f"segnet/datasets/{dataset}/__init__.py").exists()


def test_every_stage_has_a_test_of_its_dependencies() -> None:
    assert set(stages()) == set(STAGES)

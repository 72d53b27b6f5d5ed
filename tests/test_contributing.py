"""CONTRIBUTING.md, followed to the letter in a copy of the project."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from scratch_project import copy_project, run, stages_run

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "CONTRIBUTING.md").read_text()
BLOCK = re.compile(
    r"(?P<words>[^\n]*(?:\n(?!\n)[^\n]*)*)\n\n```(?P<kind>\w+)\n(?P<text>.*?)```", re.S
)
WRITE = re.compile(r"Write `([^`]+)`:")
INSERT = re.compile(r"In `([^`]+)`, below `([^`]+)`, add")
NAME = re.compile(r"then name it in `bench\.(\w+)`")
SMALL = (
    "  working_size: [24, 32]",
    "  total_epochs: 1",
    "  validate_every_epochs: 1",
    "  width: 0.125",
    "  streets: {seed: 0, height: 48, width: 64, train: 8, val: 4, test: 4}",
)


class Step(NamedTuple):
    """One instruction: the words before a block, and the block."""

    words: str
    kind: str
    text: str


def steps_of(section: str) -> list[Step]:
    """The instructions of one section, in order."""
    body = GUIDE.split(f"\n## {section}\n")[1].split("\n## ")[0]
    return [Step(*match.group("words", "kind", "text")) for match in BLOCK.finditer(body)]


def follow(folder: Path, section: str) -> str:
    """Do what a section says; what its commands print."""
    printed = ""
    for step in steps_of(section):
        words = " ".join(step.words.split())
        if write := WRITE.search(words):
            path = folder / write[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.text)
        elif insert := INSERT.search(words):
            path = folder / insert[1]
            lines = path.read_text().splitlines(keepends=True)
            [place] = [at for at, line in enumerate(lines) if line.strip().startswith(insert[2])]
            lines.insert(place + 1, step.text)
            path.write_text("".join(lines))
            if axis := NAME.search(words):
                put_into_bench(folder, axis[1], step.text.split(":")[0].strip())
        else:
            assert step.kind == "sh", words
            for command in step.text.splitlines():
                printed += run(folder, *command.split())
    return printed


def put_into_bench(folder: Path, axis: str, name: str) -> None:
    """Name an entry in the bench, in place of the others: one cell is enough."""
    params = folder / "params.yaml"
    text, found = re.subn(rf"(?m)^  {axis}: .*$", f"  {axis}: [{name}]", params.read_text())
    assert found == 1
    params.write_text(text)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project whose bench takes seconds."""
    folder = tmp_path_factory.mktemp("contributor")
    copy_project(folder)
    params = folder / "params.yaml"
    text = params.read_text()
    for line in SMALL:
        key = line.split(":")[0]
        text = re.sub(rf"(?m)^{key}: .*$", line, text)
    params.write_text(text)
    for axis in ("models", "losses"):
        put_into_bench(folder, axis, {"models": "segnet_v1", "losses": "ce"}[axis])
    run(folder, "git", "init", "-q")
    return folder


@pytest.mark.slow
def test_every_step_of_the_guide_works(project: Path) -> None:
    printed = follow(project, "Add a network")
    assert "train@demo-streets-one_layer-ce-0" in stages_run(printed)
    assert "one_layer" in printed.split("Running stage 'report@demo'")[1]
    for section in ("Add a loss", "Add a data set", "Add a metric"):
        follow(project, section)
    printed = follow(project, "Add a column")
    assert stages_run(printed) >= {
        "train@demo-stripes-one_layer-brier-0",
        "evaluate@demo-stripes-one_layer-brier-0",
    }
    lines = printed.splitlines()
    [at] = [at for at, line in enumerate(lines) if line.split()[-1:] == ["P"]]
    row = next(line for line in lines[at:] if "one_layer" in line)
    assert 0 < float(row.split()[-1]) <= 100
    run(project, "ruff", "check", "--config", str(ROOT / "pyproject.toml"), "segnet")
    run(project, "ruff", "format", "--check", "--config", str(ROOT / "pyproject.toml"), "segnet")


def test_map_names_every_package() -> None:
    table = GUIDE.split("## The map")[1].split("## The life of a cell")[0]
    packages = {path.parent.name for path in ROOT.glob("segnet/*/__init__.py")}
    assert {name for name in packages if f"`{name}/`" not in table} == set()


def test_every_file_that_the_guide_names_exists() -> None:
    made = {match[1] for match in WRITE.finditer(GUIDE)}
    named = set(re.findall(r"`((?:segnet|pipelines|tests|reports)/[a-z0-9_/.]+)`", GUIDE)) - made
    assert len(named) > 10
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []

"""``docs/faults.md`` names a test for every fault; each of them is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
TABLES = TESTS.parent / "docs/faults.md"
NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def rows() -> list[list[str]]:
    """The cells of every row of the tables, without headings and rules."""
    lines = [line for line in TABLES.read_text().splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [one for one in cells if one[0] != "fault" and set(one[0]) != {"-"}]


@cache
def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:60])
def test_every_fault_names_a_test_that_exists(row: list[str]) -> None:
    fault, seen, _, test = row
    assert fault
    assert seen
    named = NAMED.findall(test)
    assert named, test
    for file, name in named:
        assert name in functions(TESTS / file), f"{file} has no {name}"


def test_no_fault_is_listed_twice() -> None:
    faults = [row[0] for row in rows()]
    assert len(set(faults)) == len(faults)

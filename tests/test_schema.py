"""Registries: entries by the name of their file."""

from __future__ import annotations

from pathlib import Path

import pytest

from segnet.errors import UserError
from segnet.schema import Registry


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry[int]:
    """A package with one entry whose file works and one whose file cannot be imported."""
    folder = tmp_path / "numbers_of_a_test"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "seven.py").write_text("SEVEN = 7\n")
    (folder / "broken.py").write_text("raise RuntimeError('imported')\n")
    monkeypatch.syspath_prepend(tmp_path)
    names = {"seven": "SEVEN", "broken": "BROKEN", "gone": "GONE"}
    return Registry("numbers_of_a_test", names)


def test_entry_is_what_its_file_defines(package: Registry[int]) -> None:
    assert package["seven"] == 7


def test_names_and_files_are_known_without_an_import(package: Registry[int]) -> None:
    assert list(package) == ["seven", "broken", "gone"]
    assert len(package) == 3
    assert "broken" in package
    assert package.file("broken").name == "broken.py"
    with pytest.raises(RuntimeError, match="imported"):
        package["broken"]


def test_unknown_name_is_no_entry(package: Registry[int]) -> None:
    assert "eight" not in package
    for ask in (package.__getitem__, package.file):
        with pytest.raises(KeyError, match="eight"):
            ask("eight")


def test_name_without_a_file_says_which_file_to_write(package: Registry[int]) -> None:
    with pytest.raises(UserError, match=r"no numbers_of_a_test/gone\.py"):
        package.file("gone")

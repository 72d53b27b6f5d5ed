"""Which commit a record names, in repositories made for the test."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from segnet.results.provenance import git_commit


def git(folder: Path, *arguments: str) -> str:
    command = ("git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments)
    return subprocess.run(
        command, cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def write_code(folder: Path) -> None:
    (folder / "segnet").mkdir(parents=True)
    (folder / "segnet/code.py").write_text("x = 1\n")


def test_commit_is_that_of_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_code(tmp_path)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "segnet")
    git(tmp_path, "commit", "-q", "-m", "code")
    monkeypatch.chdir(tmp_path)
    assert git_commit() == git(tmp_path, "rev-parse", "HEAD")
    (tmp_path / "params.yaml").write_text("")
    assert not git_commit().endswith("+dirty")
    (tmp_path / "segnet/code.py").write_text("x = 2\n")
    assert git_commit() == git(tmp_path, "rev-parse", "HEAD") + "+dirty"


def test_archive_unpacked_in_another_repository_has_no_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "of something else")
    write_code(tmp_path / "unpacked")
    monkeypatch.chdir(tmp_path / "unpacked")
    assert git_commit() == "unknown"


def test_outside_git_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_code(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    assert git_commit() == "unknown"

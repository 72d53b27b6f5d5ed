"""What the README shows is what the records say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from segnet.cli import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_the_first_table_is_that_of_the_committed_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    command = ["compare", "--bench", "camvid-cpu", "--format", "md"]
    printed = CliRunner().invoke(app, command).stdout
    table = [line for line in printed.split("###")[0].splitlines() if line.startswith("|")]
    assert len(table) == 2 + 12
    assert "\n".join(table) in README


def test_every_link_to_a_file_leads_to_one() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert len(links) > 5
    assert [link for link in links if not (ROOT / link).exists()] == []

"""Expected layouts on a real pseudo-terminal."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fake_results import FACTS, fake_bench, write_cost, write_scores, write_training
from pseudo_terminal import ROOT, recorded, shown

from segnet.reporting.columns import COLUMNS
from segnet.results.cells import cells_of
from segnet.results.records import BenchRecord, Checkpoint

MODELS = ("segnet_v1", "deeplabv3plus", "segnet_basic_encoder_addition")
BLIND = ("majority", "prior")
VIDEO = ["one"] * 40 + ["two"] * 40

LAYOUTS = Path(__file__).parent / "layouts"
"""What a person should see; to be looked at whenever it changes."""


@pytest.fixture(autouse=True)
def reported_bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three models of long and short names, one with two seeds, costs and intervals."""
    monkeypatch.chdir(tmp_path)
    bench = fake_bench(models=MODELS, losses=("ce",), seeds=(0,))
    for number, cell in enumerate(sorted(cells_of(bench), key=lambda cell: cell.model in BLIND)):
        wrong = 2 * number + np.arange(80) % 4
        counts = np.stack([np.array([[40 - n, n], [n, 60 - n]]) for n in wrong])
        both: dict[Checkpoint, np.ndarray] = {"selected": counts, "last": counts}
        if cell.model in MODELS:
            write_training(bench, cell)
            write_cost(bench, cell.model, multiply_adds=5_000_000_000, latency_ms=12.5)
        else:
            both.pop("last")
        write_scores(bench, cell, both, sequences=VIDEO)
    BenchRecord(bench=bench, data={"streets": FACTS}).write(Path("reports/fake"))


@pytest.mark.parametrize("columns", [60, 80, 100, 160])
def test_compare_is_laid_out_for_the_width_of_the_terminal(columns: int) -> None:
    text = shown("compare", "--bench", "fake", columns=columns)
    assert text == (LAYOUTS / f"compare-{columns}.txt").read_text()
    assert max(map(len, text.splitlines())) <= columns


def test_names_and_miou_stay_in_the_narrowest_terminal() -> None:
    lines = shown("compare", "--bench", "fake", "--quiet", columns=40).splitlines()
    assert "# model         loss mIoU %      95 %" in lines
    assert "1 segnet_v1     ce    93.95 93.9-93.9" in lines


def test_columns_that_are_named_are_all_shown_below_each_other() -> None:
    text = shown("compare", "--bench", "fake", "--all", columns=60)
    assert all(column.heading in text for column in COLUMNS)
    assert text.count("#  model") == 3
    assert "Left out" not in text


def test_quiet_leaves_the_tables_alone(tmp_path: Path) -> None:
    quiet = shown("compare", "--bench", "fake", "--quiet", columns=80)
    told = shown("compare", "--bench", "fake", columns=80)
    assert told.startswith(quiet.rstrip())
    assert "deeplabv3plus" in quiet
    assert "last: mIoU" in told.removeprefix(quiet.rstrip())


def test_no_color_takes_the_colours_away() -> None:
    for command in (["compare", "--bench", "fake"], ["--help"]):
        text = recorded(*command, columns=80, NO_COLOR="1")
        assert not re.search(r"\x1b\[(?:\d+;)*(?:3\d|4\d|9\d|10\d)(?:;\d+)*m", text)


def test_piped_output_does_not_hang_on_the_terminal() -> None:
    command = [sys.executable, "-m", "segnet", "compare", "--bench", "fake"]
    outputs = {
        subprocess.run(
            command,
            env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": columns},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for columns in ("40", "80", "200")
    }
    assert len(outputs) == 1
    assert "\x1b" not in outputs.pop()

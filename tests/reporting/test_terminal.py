from __future__ import annotations

import io
import math
import re
from pathlib import Path

import pytest
from fake_results import FACTS, GOOD, ONE_CLASS, PERFECT, fake_bench, write_cell
from rich.console import Console

from segnet.reporting.columns import COLUMNS, Column, mean_and_sd
from segnet.reporting.comparison import Comparison, compare_cells
from segnet.reporting.comparison_tables import Choice, comparison_tables
from segnet.reporting.markup import markdown_table
from segnet.reporting.rows import OverSeeds
from segnet.reporting.table import Entry, Table, percent
from segnet.reporting.terminal import break_name, split_table, terminal_parts
from segnet.results.cells import cells_of, load_results

DATA = {"streets": FACTS}


@pytest.fixture(autouse=True)
def empty_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def small_comparison() -> Comparison:
    """segnet_v1 with two seeds (mIoU 1 and 49/60), the prior (1/4), and nothing else."""
    bench = fake_bench(models=["segnet_v1"], seeds=[0, 1])
    _, prior, first, second = cells_of(bench)
    write_cell(bench, prior, ONE_CLASS)
    write_cell(bench, first, PERFECT)
    write_cell(bench, second, GOOD)
    return compare_cells(load_results(bench, DATA))[0]


def markdown_lines(comparison: Comparison, *, table: int = 0) -> list[str]:
    tables = comparison_tables(comparison, Choice(per_class=True))
    return markdown_table(tables[table]).splitlines()


def text_of(comparison: Comparison, choice: Choice, *, width: int = 100) -> str:
    console = Console(width=width, file=io.StringIO())
    for part in terminal_parts(comparison, choice):
        console.print(part)
    output = console.file
    assert isinstance(output, io.StringIO)
    return output.getvalue()


def test_percent_has_a_dash_for_nan() -> None:
    assert [percent(0.6123), percent(0.6123, digits=2), percent(math.nan)] == ["61.2", "61.23", "-"]


def test_one_seed_has_no_spread() -> None:
    assert mean_and_sd(OverSeeds(0.5, math.nan, 0.5, 0.5)) == "50.00"
    assert mean_and_sd(OverSeeds(0.5, 0.0123, 0.4, 0.6)) == "50.00 ± 1.23"


def test_the_markdown_table_has_the_hand_computed_numbers() -> None:
    lines = markdown_lines(small_comparison())
    assert lines[0] == "| # | model | loss | seeds | mIoU % | last | G | C | BF | params |"
    # mIoU (1 + 49/60) / 2, sd (11/60) / sqrt 2; G and C (1 + 0.9) / 2.
    assert lines[2] == (
        "| 1 | segnet_v1 | ce | 2 | **90.83 ± 12.96** | 90.8 | **95.0** | **95.0** | - | 1.25 M |"
    )
    assert lines[3] == "| 2 | prior | - | - | 25.00 | - | 50.0 | 50.0 | - | - |"
    assert lines[4] == "| 3 | majority | - | missing | - | - | - | - | - | - |"


def test_the_per_class_table_has_a_row_a_class() -> None:
    lines = markdown_lines(small_comparison(), table=1)
    assert lines[0] == "| class | segnet_v1 / ce | prior |"
    assert lines[2] == "| road | **90.0** | 50.0 |"
    assert lines[3] == "| sky | **91.7** | 0.0 |"


def test_the_terminal_table_says_what_the_numbers_are() -> None:
    text = text_of(small_comparison(), Choice())
    flat = re.sub(r"\s+", " ", text)
    assert "fake: A bench that never ran" in flat
    assert "synthetic scenes: not comparable with published numbers" in flat
    assert "90.83 ± 12.96" in flat
    assert "1 of 4 cells are missing" in flat


def wide_comparison() -> Comparison:
    """Eleven networks of long names, two seeds each."""
    models = ("segnet_v1_without_indices", "deeplabv3plus", "segnet_basic", "unetplusplus", "fcn8s")
    models += ("segnet_v1", "segnet_v2", "segnet_v3", "unet", "manet", "pspnet")
    bench = fake_bench(models=models, losses=["ce_dice_balanced"], seeds=[0, 1])
    for number, cell in enumerate(cells_of(bench)):
        write_cell(bench, cell, (GOOD, PERFECT)[number % 2])
    return compare_cells(load_results(bench, DATA))[0]


@pytest.mark.parametrize("columns", [(), COLUMNS], ids=["default", "all"])
def test_the_terminal_tables_fit_100_columns(columns: tuple[Column, ...]) -> None:
    text = text_of(wide_comparison(), Choice(columns=columns, per_class=True, significance=True))
    assert max(map(len, text.splitlines())) <= 100
    assert "…" not in text
    for column in columns:
        assert column.heading in text


def test_columns_that_do_not_fit_abreast_are_a_table_of_their_own_with_every_row() -> None:
    # 11 networks and the prior; the majority is not shown by class
    *_, per_class = comparison_tables(wide_comparison(), Choice(per_class=True))
    parts = split_table(per_class, width=60)
    assert len(parts) > 1
    assert [part.headings[0] for part in parts] == ["class"] * len(parts)
    assert [name for part in parts for name in part.headings[1:]] == [*per_class.headings[1:]]
    roads = [entry for part in parts for entry in part.lines[0][1:]]
    assert roads == [*per_class.lines[0][1:]]


def test_long_names_break_after_their_parts_and_the_default_table_stays_whole() -> None:
    assert break_name("segnet_v1") == "segnet_v1"
    assert break_name("segnet_basic_encoder_addition") == "segnet_basic_\nencoder_\naddition"
    assert break_name("FCN-Basic-NoAddition") == "FCN-Basic-\nNoAddition"
    assert break_name("segnet_basic / median_frequency") == "segnet_basic / median_frequency"
    assert break_name("deeplabv3plus") == "deeplabv3plus"
    bench = fake_bench(models=["fcn_basic_no_addition_no_dim_reduction"], seeds=[0, 1])
    for cell, counts in zip(cells_of(bench)[2:], (PERFECT, GOOD), strict=True):
        write_cell(bench, cell, counts)
    (comparison,) = compare_cells(load_results(bench, DATA))
    lines = text_of(comparison, Choice()).splitlines()
    shown = [line.split() for line in lines]
    assert [words[1] for words in shown if "fcn_basic_no_" in words] == ["fcn_basic_no_"]
    assert ["addition_no_"] in shown
    assert ["dim_reduction"] in shown
    assert sum("model" in words for words in shown) == 1


def test_a_vertical_line_does_not_end_a_markdown_cell() -> None:
    table = Table(("a|b",), ((Entry("c|d", is_best=True),),), 1)
    assert markdown_table(table).splitlines() == ["| a\\|b |", "| --- |", "| **c\\|d** |"]

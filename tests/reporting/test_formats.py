"""Every format of a comparison, read back."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from fake_results import FACTS, GOOD, ONE_CLASS, PERFECT, fake_bench, write_cell

from segnet.reporting.columns import COLUMNS, Column, default_columns
from segnet.reporting.comparison import Comparison, compare_cells
from segnet.reporting.comparison_tables import Choice, per_class_table, rows_table
from segnet.reporting.formats import FORMATS, comparison_csv
from segnet.reporting.markup import ESCAPES, escape_latex
from segnet.reporting.table import Note, Table
from segnet.results.cells import cells_of, load_results

DATA = {"streets": FACTS, "camvid": FACTS.model_copy(update={"synthetic": False})}
PLAIN, PER_CLASS = Choice(), Choice(per_class=True)
HOSTILE = r"</td><script>alert('&')</script> 50%_#$~^{x}\end{tabular}&|[*"


@pytest.fixture(autouse=True)
def empty_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def comparisons() -> tuple[Comparison, ...]:
    """Two data sets; two seeds of segnet_v1, one class that only fcn8s scores, and gaps."""
    bench = fake_bench(datasets=["streets", "camvid"], seeds=[0, 1])
    for cell in cells_of(bench):
        if cell.model == "segnet_v1":
            write_cell(bench, cell, (PERFECT, GOOD)[cell.seed])
        elif cell.model == "prior":
            write_cell(bench, cell, ONE_CLASS)
        elif cell.model == "fcn8s" and cell.seed == 0:
            write_cell(bench, cell, np.array([[[5, 0], [0, 0]]]))
    return compare_cells(load_results(bench, DATA))


def hostile() -> Comparison:
    """A model, a class, a title and a note that would break any markup."""
    one = comparisons()[0]
    rows = [
        dataclasses.replace(row, model=HOSTILE, iou={HOSTILE: row.miou}) for row in one.rows[:2]
    ]
    return dataclasses.replace(
        one,
        title=HOSTILE,
        protocol=HOSTILE,
        notes=(Note(HOSTILE),),
        classes=(HOSTILE,),
        rows=tuple(rows),
    )


def grids(comparison: Comparison) -> list[Table]:
    rows = comparison.rows
    columns = default_columns(rows)
    return [rows_table(rows, columns), per_class_table(rows, comparison.classes)]


def texts(grid: Table) -> list[list[str]]:
    return [[*grid.headings], *([entry.text for entry in line] for line in grid.lines)]


def best(grid: Table) -> list[str]:
    return [entry.text for line in grid.lines for entry in line if entry.is_best]


def number(text: str) -> float:
    return float(text) if text else math.nan


def test_csv_reads_back_as_the_rows_to_the_bit() -> None:
    compared = comparisons()
    lines = list(csv.DictReader(io.StringIO(comparison_csv(compared, PER_CLASS))))
    rows = [row for one in compared for row in one.rows]
    assert [(line["dataset"], line["model"], line["loss"]) for line in lines] == [
        (row.dataset, row.model, row.loss) for row in rows
    ]
    for line, row in zip(lines, rows, strict=True):
        assert (int(line["seeds"]), int(line["planned_seeds"])) == (
            len(row.seeds),
            row.planned_seeds,
        )
        assert tuple(map(int, line["classes_scored"].split())) == row.classes_scored
        expected = {
            "miou": row.miou.mean,
            "miou_sd": row.miou.sd,
            "miou_low": row.miou.low,
            "miou_high": row.miou.high,
            "last_miou": row.last_miou,
            "pixel_accuracy": row.pixel_accuracy,
            "class_accuracy": row.class_accuracy,
            "fwiou": row.fwiou,
            "parameters": row.parameters,
            "images_per_second": row.images_per_second,
            "iou_road": row.iou["road"].mean if row.iou else math.nan,
            "iou_sky": row.iou["sky"].mean if row.iou else math.nan,
        }
        np.testing.assert_array_equal(
            [number(line[name]) for name in expected], list(expected.values())
        )
    # segnet_v1: mIoU 1 and 49/60; missing and undefined values are empty
    assert float(lines[0]["miou"]) == 1.0  # fcn8s, its only class
    assert lines[0]["iou_sky"] == ""
    assert float(lines[1]["miou"]) == pytest.approx((1 + 49 / 60) / 2, abs=1e-15)
    assert lines[-1]["miou"] == ""


def test_csv_has_one_heading_for_all_data_sets_and_no_nan() -> None:
    text = comparison_csv(comparisons(), PLAIN)
    assert text.count("dataset,row,model,loss") == 1
    assert len(text.splitlines()) == 1 + 2 * 4
    assert "nan" not in text.lower()
    assert "iou_" not in text.splitlines()[0].replace("miou_", "")


def test_csv_quotes_a_hostile_name() -> None:
    odd = dataclasses.replace(hostile(), dataset='a,"b"\nc')
    (_, *first), *_ = csv.reader(io.StringIO(comparison_csv([odd], PER_CLASS)))
    lines = list(csv.DictReader(io.StringIO(comparison_csv([odd], PER_CLASS))))
    assert first[-1] == f"iou_{HOSTILE}"
    assert (lines[0]["dataset"], lines[0]["model"]) == (odd.dataset, HOSTILE)


def test_json_rows_are_fractions_and_none_for_nan() -> None:
    rows = json.loads(FORMATS["json"](comparisons(), PLAIN))["camvid"]["rows"]
    fcn8s, segnet, _, missing = rows
    assert (segnet["model"], segnet["seeds"]) == ("segnet_v1", [0, 1])
    assert segnet["miou"]["mean"] == pytest.approx((1 + 49 / 60) / 2)
    assert segnet["iou"]["road"]["mean"] == pytest.approx((1 + 8 / 10) / 2)
    assert fcn8s["iou"]["sky"]["mean"] is None
    assert missing["miou"] == {"mean": None, "sd": None, "low": None, "high": None}


def test_markdown_has_title_protocol_notes_and_both_tables() -> None:
    (one, _) = compared = comparisons()
    text = FORMATS["md"](compared, PER_CLASS)
    assert text.startswith(f"## {one.title}\n\n{one.protocol}.\n\n| # | model | loss |")
    assert all(f"\n- {note}\n" in text for note in one.notes)
    assert text.count("| class | fcn8s / ce | segnet_v1 / ce | prior |") == 2
    assert "| class |" not in FORMATS["md"](compared, PLAIN)


def test_plain_table_has_no_colours_and_fits_100_columns() -> None:
    text = FORMATS["table"](comparisons(), PER_CLASS)
    assert "\x1b" not in text
    assert "90.83 ± 12.96" in text
    assert max(map(len, text.splitlines())) <= 100
    assert text.count("IoU % of each class") == 2


class Cells(HTMLParser):
    """The texts of every table's cells, which of them are bold, and all tags."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.bold: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag != "meta":
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "strong":
            self.bold.append(data)
        if {"td", "th"} & {*self.open[-2:]}:
            self.tables[-1][-1][-1] += data


def read_html(text: str) -> Cells:
    cells = Cells()
    cells.feed(text)
    cells.close()
    assert cells.open == []
    return cells


def test_html_tables_read_back_as_the_texts_with_the_best_bold() -> None:
    compared = comparisons()
    cells = read_html(FORMATS["html"](compared, PER_CLASS))
    expected = [grid for one in compared for grid in grids(one)]
    assert cells.tables == [texts(grid) for grid in expected]
    assert cells.bold == [text for grid in expected for text in best(grid)]
    assert cells.bold


def test_html_of_hostile_names_is_text_and_needs_no_other_file() -> None:
    odd = hostile()
    text = FORMATS["html"]([odd], PER_CLASS)
    cells = read_html(text)
    assert cells.tables == [texts(grid) for grid in grids(odd)]
    assert "script" not in cells.tags
    assert not re.search(r"<(link|img|script)|(src|href)=|url\(|@import", text)


def read_tabulars(text: str) -> list[list[list[str]]]:
    """The rows of each ``tabular``, as LaTeX splits them; comments and rules are left out."""
    tables: list[list[list[str]]] = []
    for line in text.splitlines():
        if not line or line.startswith("%"):
            continue
        if match := re.fullmatch(r"\\begin\{tabular\}\{([lr]+)\}", line):
            columns, rows = match[1], []
        elif line == r"\end{tabular}":
            tables.append(rows)
        elif line not in (r"\toprule", r"\midrule", r"\bottomrule"):
            assert line.endswith(r" \\"), line
            rows.append(re.split(r"(?<!\\)&", line.removesuffix(r"\\")))
            assert len(rows[-1]) == len(columns), line
    return tables


def unescape_latex(cell: str) -> str:
    """What LaTeX prints for a cell; whatever is not an escape must be harmless."""
    text = cell.strip()
    if match := re.fullmatch(r"\\textbf\{(.*)\}", text):
        text = match[1]
    printed, at = "", 0
    meanings = {written: character for character, written in ESCAPES.items()}
    while at < len(text):
        escape = next((one for one in meanings if text.startswith(one, at)), None)
        assert escape or text[at] not in r"\{}&%$#_^~[*", f"{text[at:]} of {text}"
        printed += meanings[escape] if escape else text[at]
        at += len(escape or " ")
    return "-" if printed == "--" else printed


@pytest.mark.parametrize("is_hostile", [False, True])
def test_latex_reads_back_as_the_texts(is_hostile: bool) -> None:
    compared = (hostile(),) if is_hostile else comparisons()
    text = FORMATS["latex"](compared, PER_CLASS)
    printed = [[[unescape_latex(cell) for cell in row] for row in t] for t in read_tabulars(text)]
    expected = [grid for one in compared for grid in grids(one)]
    assert printed == [texts(grid) for grid in expected]
    assert text.count(r"\textbf{") == sum(len(best(grid)) for grid in expected) > 0
    assert r"\usepackage{booktabs}" in text.splitlines()[0]


def test_latex_escapes_are_those_of_the_manual() -> None:
    assert escape_latex("a_b 50% ± 1 & #$ {x}") == r"a\_b 50\% $\pm$ 1 \& \#\$ \{x\}"
    assert escape_latex("\\~^") == r"\textbackslash{}\textasciitilde{}\textasciicircum{}"
    assert escape_latex("one\ntwo") == "one two"


def test_a_new_column_is_in_every_format(monkeypatch: pytest.MonkeyPatch) -> None:
    column = Column("height", "tall", quantity=lambda row: 1.75, text=lambda row: "1.75 m")
    for module in ("columns", "formats"):
        monkeypatch.setattr(f"segnet.reporting.{module}.COLUMNS", (*COLUMNS, column))
    compared = comparisons()
    for name in ("table", "md", "latex", "html"):
        assert "1.75 m" in FORMATS[name](compared, PLAIN)
    lines = csv.DictReader(io.StringIO(FORMATS["csv"](compared, PLAIN)))
    assert {line["height"] for line in lines} == {"1.75"}

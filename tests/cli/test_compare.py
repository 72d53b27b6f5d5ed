from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from fake_results import (
    FACTS,
    GOOD,
    ONE_CLASS,
    PERFECT,
    fake_bench,
    write_cell,
    write_scores,
    write_training,
)
from processor_time import IMPORTS, process_seconds, ratio
from typer.testing import CliRunner

from segnet.cli import app
from segnet.errors import UserError
from segnet.reporting.columns import COLUMNS
from segnet.reporting.formats import FORMATS
from segnet.reporting.intervals import DatasetIntervals, IntervalsRecord, digest_of
from segnet.results.cells import cells_of, load_bench
from segnet.results.records import BenchRecord, Checkpoint
from segnet.schema import read_yaml
from segnet.taxonomy import Taxonomy

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def reported_bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two models and losses: fcn8s is perfect with ce, segnet_v1 good, the others see road alone.

    `unet` has not run.
    """
    monkeypatch.chdir(tmp_path)
    bench = fake_bench(models=("segnet_v1", "fcn8s", "unet"), losses=("ce", "dice"), seeds=(0,))
    for cell in cells_of(bench):
        if cell.model == "unet":
            continue
        best = {"fcn8s": PERFECT, "segnet_v1": GOOD}.get(cell.model, ONE_CLASS)
        write_cell(bench, cell, best if cell.loss == "ce" else ONE_CLASS)
    BenchRecord(bench=bench, data={"streets": FACTS}).write(Path("reports/fake"))


def compare(*options: str) -> Result:
    return CliRunner().invoke(app, ["compare", "--bench", "fake", *options])


def rows(*options: str) -> list[dict[str, Any]]:
    found = json.loads(compare(*options, "--format", "json").stdout)["streets"]
    lines: list[dict[str, Any]] = found["rows"]
    return lines


def test_json_is_plain_and_has_the_short_name_s_model() -> None:
    (row,) = rows("--models", "v1", "--losses", "ce")
    assert (row["model"], row["loss"]) == ("segnet_v1", "ce")
    assert row["miou"]["mean"] == pytest.approx(49 / 60)


def test_json_option_is_the_json_format() -> None:
    assert compare("--json").stdout == compare("--format", "json").stdout


def test_json_option_and_another_format_contradict_each_other() -> None:
    error = compare("--json", "--format", "csv").exception
    assert isinstance(error, UserError)
    assert "contradict" in str(error)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_stands_alone_on_stdout(name: str) -> None:
    result = compare("--format", name)
    assert result.exit_code == 0, result.output
    assert "report: " not in result.stdout
    assert "report: reports/fake/index.md" in result.stderr


@pytest.mark.parametrize("name", FORMATS)
def test_per_class_shows_the_classes_in_every_format(name: str) -> None:
    assert "sky" in compare("--format", name, "--per-class").stdout
    if name != "json":
        assert "sky" not in compare("--format", name).stdout


def write_benches(*names: str, chosen: str) -> None:
    """Reports of benches of one model each, named as the bench; ``params.yaml`` has one of them."""
    params = read_yaml(ROOT / "params.yaml")
    for name in names:
        bench = fake_bench(models=(name,)).model_copy(update={"name": f"{name}-bench"})
        BenchRecord(bench=bench, data={"streets": FACTS}).write(Path(f"reports/{bench.name}"))
        if name == chosen:
            params["bench"] = bench.model_dump(mode="json")
    Path("params.yaml").write_text(json.dumps(params))


def shown_benches(*options: str) -> list[str]:
    result = CliRunner().invoke(app, ["compare", *options])
    if result.exception is not None:
        raise result.exception
    return re.findall("report: reports/([^/]+)/index.md", result.stderr)


def test_models_that_are_named_are_shown_wherever_they_were_run() -> None:
    write_benches("unet", "fpn", chosen="fpn")
    assert shown_benches() == ["fpn-bench"]
    assert shown_benches("--models", "unet") == ["fake", "unet-bench"]
    assert shown_benches("--models", "v1,unet") == ["fake"]
    assert shown_benches("--datasets", "streets") == ["fpn-bench", "fake", "unet-bench"]
    assert shown_benches("--datasets", "streets", "--losses", "dice") == ["fake"]
    with pytest.raises(UserError, match=r"bench 'fpn-bench': unknown model 'u-net'"):
        shown_benches("--models", "u-net")


def test_programs_read_one_bench() -> None:
    write_benches("unet", chosen="unet")
    assert shown_benches("--models", "unet", "--format", "json") == ["unet-bench"]
    assert shown_benches("--bench", "fake,unet-bench") == ["fake", "unet-bench"]
    with pytest.raises(UserError, match="csv and json hold one bench"):
        shown_benches("--bench", "fake,unet-bench", "--format", "csv")


def test_default_is_a_table_without_colours_where_no_terminal_is() -> None:
    text = compare().stdout
    assert text == compare("--format", "table").stdout
    assert "81.67" in text
    assert "\x1b" not in text


def test_columns_that_are_named_stand_behind_the_names_of_the_rows() -> None:
    text = compare("--columns", "ece,BF,fwiou", "--format", "md").stdout
    assert "\n| # | model | loss | ECE | BF | fwIoU |\n" in text
    assert "mIoU" not in text.split("| --- |")[0].splitlines()[-2]
    with_all = compare("--all", "--format", "md").stdout
    assert all(f" {column.heading} " in with_all for column in COLUMNS)


def test_unknown_column_lists_the_known() -> None:
    error = compare("--columns", "quality").exception
    assert isinstance(error, UserError)
    assert "unknown column 'quality'" in str(error)
    assert "fwiou" in str(error)


def test_published_and_significance_say_what_they_have_not() -> None:
    assert "none is known of streets" in compare("--published").stdout
    assert "none was tested; see the notes" in compare("--significance").stdout


def test_unknown_format_lists_the_known() -> None:
    error = compare("--format", "xml").exception
    assert isinstance(error, UserError)
    assert "unknown format 'xml'" in str(error)
    assert all(name in str(error) for name in FORMATS)


@pytest.mark.parametrize("option", ["--models", "--losses", "--datasets"])
def test_unknown_name_of_an_axis_lists_the_known(option: str) -> None:
    error = compare(option, "nothing").exception
    assert isinstance(error, UserError)
    assert "bench 'fake': unknown" in str(error)
    known = {"--models": "segnet_v1", "--losses": "dice", "--datasets": "streets"}
    assert known[option] in str(error)


def test_default_order_is_by_miou_with_blind_predictors_among_them_and_missing_rows_last() -> None:
    assert [(row["model"], row["loss"]) for row in rows()] == [
        ("fcn8s", "ce"),
        ("segnet_v1", "ce"),
        ("majority", "none"),
        ("prior", "none"),
        ("segnet_v1", "dice"),
        ("fcn8s", "dice"),
        ("unet", "ce"),
        ("unet", "dice"),
    ]
    assert rows("--sort", "miou") == rows()


def test_sort_is_that_of_every_format() -> None:
    models = ["fcn8s", "fcn8s", "majority", "prior", "segnet_v1", "segnet_v1", "unet", "unet"]
    assert [row["model"] for row in rows("--sort", "model")] == models
    lines = csv.DictReader(io.StringIO(compare("--sort", "model", "--format", "csv").stdout))
    assert [line["model"] for line in lines] == models
    by_sky = [(row["model"], row["loss"]) for row in rows("--sort", "sky", "--per-class")]
    assert by_sky[:2] == [("fcn8s", "ce"), ("segnet_v1", "ce")]


def test_unknown_sort_column_lists_columns_and_classes() -> None:
    error = compare("--sort", "quality").exception
    assert isinstance(error, UserError)
    assert "road" in str(error)
    assert "img/s" in str(error)


@pytest.mark.parametrize("name", FORMATS)
def test_output_writes_what_stdout_would_show_and_nothing_else(name: str, tmp_path: Path) -> None:
    result = compare("--format", name, "--output", "new/result")
    assert result.stdout == ""
    assert "written: new/result" in result.stderr
    assert (tmp_path / "new/result").read_text() == compare("--format", name).stdout
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["result"]


def test_output_that_is_a_folder_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    error = compare("--output", "folder").exception
    assert isinstance(error, UserError)
    assert "--output folder" in str(error)
    assert {path.name for path in tmp_path.iterdir()} == {"folder", "reports"}


@pytest.mark.slow
def test_a_thousand_records_take_no_more_than_thrice_their_reading() -> None:
    bench = fake_bench(
        models=[f"model{number}" for number in range(25)],
        losses=[f"loss{number}" for number in range(8)],
        seeds=range(5),
    )
    random = np.random.default_rng(0)
    names = [f"Seq05VD_{number:06}" for number in range(233)]
    classes = Taxonomy(tuple(f"class{n}" for n in range(11)), tuple((n, n, n) for n in range(11)))
    for cell in cells_of(bench):
        counts = random.integers(0, 9000, (233, 11, 11))
        both: dict[Checkpoint, Any] = {"selected": counts, "last": counts}
        trained = cell.model.startswith("model")
        if trained:
            write_training(bench, cell)
        write_scores(
            bench,
            cell,
            both if trained else {"selected": counts},
            taxonomy=classes,
            names=names,
            sequences=["Seq05VD"] * 233,
        )
    BenchRecord(bench=bench, data={"streets": FACTS}).write(Path("reports/fake"))
    digest = digest_of(load_bench("fake").cells)  # as the report leaves it
    known = {"streets": DatasetIntervals(digest=digest, reason="there are too many rows")}
    IntervalsRecord(datasets=known).write(Path("reports/fake"))
    assert "model24" in compare("--format", "md").stdout
    read = (
        "import json, pathlib\nfor path in pathlib.Path().rglob('*.json'): json.load(path.open())"
    )
    times = ratio(
        lambda: process_seconds("-m", "segnet", "compare", "--bench", "fake"),
        lambda: process_seconds("-c", IMPORTS + read),
    )
    assert times < 3, "it was 2; loading torch alone adds 4, a second reading of every record 1"


def test_no_format_loads_what_takes_seconds() -> None:
    code = """
import sys
from segnet.cli import app
for name in sys.argv[1:]:
    app(["compare", "--bench", "fake", "--format", name, "--sort", "last"], standalone_mode=False)
heavy = {"torch", "pandas", "matplotlib", "mlflow"} & set(sys.modules)
sys.exit(", ".join(heavy) or 0)
"""
    command = [sys.executable, "-c", code, *FORMATS]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr

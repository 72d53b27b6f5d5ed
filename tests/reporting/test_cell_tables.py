from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from fake_results import (
    COMMIT,
    FACTS,
    FINGERPRINT,
    GOOD,
    ONE_CLASS,
    fake_bench,
    write_cell,
    write_training,
)

from segnet.reporting.cell_tables import (
    CURVE_COLUMNS,
    csv_text,
    curve_rows,
    result_columns,
    result_rows,
)
from segnet.results.cells import cells_of, load_results

DATA = {"streets": FACTS}


@pytest.fixture(autouse=True)
def empty_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_results_have_a_row_for_each_checkpoint_and_for_a_missing_cell() -> None:
    bench = fake_bench(models=["segnet_v1"], seeds=[0, 1])
    _, prior, done, trained = cells_of(bench)
    write_cell(bench, prior, ONE_CLASS)
    write_cell(bench, done, GOOD)
    write_training(bench, trained)
    results = load_results(bench, DATA)
    rows = read_csv(csv_text(result_rows(results), columns=result_columns(results)))
    which = [(row["model"], row["seed"], row["checkpoint"], row["status"]) for row in rows]
    assert which == [
        ("majority", "0", "", "missing"),
        ("prior", "0", "selected", "done"),
        ("segnet_v1", "0", "selected", "done"),
        ("segnet_v1", "0", "last", "done"),
        ("segnet_v1", "1", "", "not evaluated"),
    ]
    missing, prior, selected, _, unfinished = rows
    assert missing["miou"] == missing["commit"] == missing["epoch"] == ""
    assert (prior["cross_entropy"], prior["recipe"], prior["commit"]) == ("", "", COMMIT)
    assert selected["miou"] == "0.816667"
    assert selected["iou/sky"] == "0.833333"
    assert (selected["epoch"], selected["working_size"], selected["width"]) == (
        "4",
        "48x64",
        "0.25",
    )
    assert (selected["parameters"], selected["val_miou"]) == ("1250000", "0.5")
    assert (selected["torch"], selected["data_fingerprint"]) == ("2.15.0", FINGERPRINT)
    assert (unfinished["parameters"], unfinished["miou"]) == ("1250000", "")


def test_curves_have_a_row_for_each_epoch_and_empty_fields_where_not_validated() -> None:
    bench = fake_bench(models=["segnet_v1"], seeds=[0], total_epochs=2)
    for cell in cells_of(bench):
        write_cell(bench, cell, GOOD)
    text = csv_text(curve_rows(load_results(bench, DATA)), columns=CURVE_COLUMNS)
    assert text == (
        "dataset,model,loss,seed,epoch,train_loss,val_miou,learning_rate\n"
        "streets,segnet_v1,ce,0,1,1,,0.001\n"
        "streets,segnet_v1,ce,0,2,0.5,0.5,0.001\n"
    )


def test_a_bench_without_results_has_tables_without_rows_in_them() -> None:
    results = load_results(fake_bench(), DATA)
    assert csv_text(curve_rows(results), columns=CURVE_COLUMNS).count("\n") == 1
    assert len(read_csv(csv_text(result_rows(results), columns=result_columns(results)))) == 8

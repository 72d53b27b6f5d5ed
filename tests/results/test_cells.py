from __future__ import annotations

import math
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from fake_results import (
    FACTS,
    GOOD,
    PERFECT,
    fake_bench,
    write_cell,
    write_fake_bench,
    write_scores,
    write_training,
)

from segnet.errors import UserError
from segnet.grid import Cell
from segnet.paths import cell_report_folder, report_folder
from segnet.results.cells import (
    cells_of,
    load_bench,
    load_results,
    reported_benches,
)
from segnet.results.history import read_history
from segnet.results.records import BenchRecord, EvaluationRecord, TrainRecord

DATA = {"streets": FACTS}


@pytest.fixture(autouse=True)
def empty_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def fake_cell(*, model: str = "segnet_v1", loss: str = "ce", seed: int = 0) -> Cell:
    return Cell(bench="fake", dataset="streets", model=model, loss=loss, seed=seed)


def folder_of(cell: Cell) -> Path:
    return cell_report_folder(cell.bench, cell.slug)


def test_blind_predictors_come_before_the_grid() -> None:
    slugs = [cell.slug for cell in cells_of(fake_bench(models=["fcn8s"], seeds=[0, 1]))]
    assert slugs == [
        "streets-majority-none-s0",
        "streets-prior-none-s0",
        "streets-fcn8s-ce-s0",
        "streets-fcn8s-ce-s1",
    ]


def test_each_cell_has_a_status_and_a_reason() -> None:
    bench = fake_bench(seeds=[0, 1, 2], models=["segnet_v1"])
    write_cell(bench, fake_cell(model="prior", loss="none"), GOOD)
    write_cell(bench, fake_cell(seed=0), GOOD)
    write_training(bench, fake_cell(seed=1))
    majority, prior, done, trained, missing = load_results(bench, DATA).cells
    assert (prior.status, done.status) == ("done", "done")
    assert (prior.reason, done.reason) == ("", "")
    assert majority.status == "missing"
    assert trained.status == "not evaluated"
    assert trained.train is not None
    folder = "reports/fake/runs/streets-segnet_v1-ce"
    assert trained.reason == f"not evaluated: no {folder}-s1/evaluation.json"
    assert missing.status == "missing"
    assert missing.reason == f"not trained: no {folder}-s2/train.json"


def test_a_cell_that_the_bench_does_not_name_is_not_read() -> None:
    bench = fake_bench(models=["segnet_v1"])
    removed = cell_report_folder("fake", fake_cell(model="unet").slug)
    removed.mkdir(parents=True)
    (removed / "train.json").write_text("not even JSON")
    assert "unet" not in {one.cell.model for one in load_results(bench, DATA).cells}


def test_a_blind_predictor_is_done_without_training_and_has_no_last_checkpoint() -> None:
    bench = fake_bench()
    write_cell(bench, fake_cell(model="majority", loss="none"), GOOD)
    majority = load_results(bench, DATA).cells[0]
    assert majority.status == "done"
    assert majority.train is None
    assert majority.score_of("selected") is not None
    assert majority.score_of("last") is None


@pytest.mark.parametrize(
    ("file", "status"), [("evaluation.json", "not evaluated"), ("train.json", "missing")]
)
def test_a_broken_record_is_named_and_hides_no_other(file: str, status: str) -> None:
    bench = fake_bench(models=["segnet_v1"], seeds=[0, 1])
    write_cell(bench, fake_cell(seed=1), GOOD)
    folder = write_cell(bench, fake_cell(), GOOD)
    for content in ("{", "[]", "null", "{}", "\x00\xff"):
        (folder / file).write_text(content)
        *_, broken, whole = load_results(bench, DATA).cells
        assert (broken.status, broken.evaluation) == (status, None)
        assert f"{folder / file} " in broken.reason
        assert whole.status == "done"
    (folder / file).write_bytes(b"\xff\xfe")
    assert "is not" in load_results(bench, DATA).cells[-2].reason


def test_a_record_without_the_selected_checkpoint_is_broken() -> None:
    bench = fake_bench(models=["segnet_v1"], seeds=[0])
    write_training(bench, fake_cell())
    folder = write_scores(bench, fake_cell(), {"selected": GOOD, "last": GOOD})
    text = (folder / "evaluation.json").read_text()
    (folder / "evaluation.json").write_text(text.replace('"selected"', '"last"'))
    one = load_results(bench, DATA).cells[-1]
    assert one.status == "not evaluated"
    assert "holds ['last', 'last'], not 'selected' and each once" in one.reason


def test_a_record_copied_from_another_cell_is_not_read() -> None:
    bench = fake_bench(models=["segnet_v1"], seeds=[0])
    folder = write_cell(bench, fake_cell(seed=1), GOOD)
    folder.rename(folder.with_name("streets-segnet_v1-ce-s0"))
    one = load_results(bench, DATA).cells[-1]
    assert one.status == "missing"
    assert "is of the cell fake/streets-segnet_v1-ce-s1, not of" in one.reason


def test_history_is_nan_where_an_epoch_was_not_validated() -> None:
    bench = fake_bench(total_epochs=2)
    write_training(bench, fake_cell(), final_miou=0.4)
    first, second = read_history(folder_of(fake_cell()))
    assert (first["epoch"], first["train_loss"], first["learning_rate"]) == (1, 1.0, 0.001)
    assert math.isnan(first["val_miou"])
    assert (second["epoch"], second["train_loss"], second["val_miou"]) == (2, 0.5, 0.4)


def test_a_missing_history_is_an_error_that_names_the_file() -> None:
    with pytest.raises(UserError, match=r"ce-s0/history\.csv does not exist.*dvc repro"):
        read_history(folder_of(fake_cell()))


def test_a_report_is_read_whatever_params_yaml_says() -> None:
    bench = fake_bench(models=["segnet_v1"], seeds=[0])
    BenchRecord(bench=bench, data=DATA).write(report_folder("fake"))
    write_cell(bench, fake_cell(), PERFECT)
    results = load_bench("fake")
    assert results.bench == bench
    assert results.data == DATA
    assert [one.status for one in results.cells] == ["missing", "missing", "done"]


def test_an_unknown_bench_is_an_error_that_lists_the_known() -> None:
    with pytest.raises(UserError, match=r"reports/fake holds no report\. Run `dvc repro`"):
        load_bench("fake")
    BenchRecord(bench=fake_bench(), data=DATA).write(report_folder("fake"))
    assert reported_benches() == ("fake",)
    with pytest.raises(UserError, match="Did you mean 'fake'"):
        load_bench("fakes")


def test_a_bench_record_of_another_schema_is_an_error() -> None:
    folder = report_folder("fake")
    path = BenchRecord(bench=fake_bench(), data=DATA).write(folder)
    path.write_text(path.read_text().replace('"schema_version": 1', '"schema_version": 2'))
    with pytest.raises(UserError, match=r"bench\.json has schema 2, this code reads 1"):
        BenchRecord.read(folder)


def test_parameters_that_changed_since_the_training_are_found() -> None:
    write_cell(fake_bench(), fake_cell(), GOOD)
    changed = fake_bench(total_epochs=8)
    results = load_results(changed, DATA)
    trained = next(one for one in results.cells if one.status == "done")
    assert trained.outdated == ("total_epochs",)
    assert not any(one.outdated for one in load_results(fake_bench(), DATA).cells)


def test_more_models_do_not_make_a_training_outdated() -> None:
    write_cell(fake_bench(), fake_cell(), GOOD)
    wider = fake_bench(models=["segnet_v1", "unet"], seeds=[0, 1, 2, 3])
    results = load_results(wider, DATA)
    assert not any(one.outdated for one in results.cells)


def test_a_record_is_read_once_however_many_cells_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = fake_bench(seeds=range(50))
    write_fake_bench(bench, num_images=2)
    reads: Counter[Path] = Counter()
    read_text = Path.read_text

    def counted(path: Path) -> str:
        reads[path] += 1
        return read_text(path)

    monkeypatch.setattr(Path, "read_text", counted)
    results = load_results(bench, DATA)
    assert sum(one.status == "done" for one in results.cells) == 102
    assert len(reads) == 102 + 100  # evaluations, and trainings but for the blind predictors
    assert set(reads.values()) == {1}


@pytest.mark.parametrize(
    "module",
    ["segnet.results.cells", "segnet.reporting.comparison", "segnet.reporting.formats"],
)
def test_comparing_imports_nothing_heavy(module: str) -> None:
    heavy = ("torch", "pandas", "matplotlib", "mlflow", "PIL")
    code = f"import sys, {module}; print([name for name in {heavy!r} if name in sys.modules])"
    root = Path(__file__).parents[2]
    finished = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert finished.stdout.strip() == "[]"


def test_scores_of_an_untrained_network_are_missing() -> None:
    bench = fake_bench(models=["segnet_v1"], seeds=[0])
    write_scores(bench, fake_cell(), {"selected": GOOD})
    one = load_results(bench, DATA).cells[-1]
    assert (one.status, one.evaluation) == ("missing", None)


def name_weights(folder: Path, *, trained: dict[str, str], scored: dict[str, str]) -> None:
    """Say in the records which weights were trained and which were scored."""
    train = TrainRecord.read(folder)
    train.model_copy(update={"weights_sha256": trained}).write(folder)
    record = EvaluationRecord.read(folder)
    evaluations = tuple(
        one.model_copy(update={"weights_sha256": scored.get(one.checkpoint, "")})
        for one in record.evaluations
    )
    record.model_copy(update={"evaluations": evaluations}).write(folder)


@pytest.mark.parametrize(
    ("trained", "scored", "other"),
    [
        ({"selected": "a", "last": "b"}, {"selected": "a", "last": "b"}, ""),
        ({}, {}, ""),  # both of before weights were named
        ({}, {"selected": "a", "last": "b"}, ""),
        ({"selected": "c", "last": "b"}, {"selected": "a", "last": "b"}, "selected"),
        ({"selected": "c", "last": "d"}, {"selected": "a", "last": "b"}, "selected, last"),
        ({"selected": "c", "last": "d"}, {}, "selected, last"),
    ],
)
def test_scores_of_weights_that_were_trained_anew_since_do_not_count(
    trained: dict[str, str],
    scored: dict[str, str],
    other: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    bench = fake_bench(models=["segnet_v1"], seeds=[0])
    (cell,) = bench.cells()
    name_weights(write_cell(bench, cell, GOOD), trained=trained, scored=scored)
    result = load_results(bench, {}).cells[-1]
    assert result.status == ("not evaluated" if other else "done")
    assert (result.evaluation is None) == bool(other)
    assert result.reason.endswith(f"is of other weights ({other})" if other else "")

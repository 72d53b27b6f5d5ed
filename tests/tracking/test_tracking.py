"""MLflow as a view of the records: live runs, sync and the server, each against a real store."""

from __future__ import annotations

import math
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from fake_results import GOOD, fake_provenance, write_scores

from segnet.bench.config import Config, config_digest, load_config
from segnet.errors import UserError
from segnet.grid import Cell
from segnet.paths import cell_report_folder, report_folder
from segnet.results.cells import Results, load_results
from segnet.results.history import write_history
from segnet.results.records import TrainRecord
from segnet.tracking import SyncSummary, live_run, serve_ui, sync
from segnet.tracking.notes import MAX_NOTE, report_note
from segnet.tracking.projection import epoch_points, metric_names, run_key, run_name
from segnet.tracking.store import Store, open_store

ROOT = Path(__file__).parents[2]
CELL = Cell(bench="fake", dataset="streets", model="segnet_v1", loss="ce", seed=0)
EPOCHS = 4

pytestmark = pytest.mark.filterwarnings("ignore::Warning:mlflow")  # not ours to mend


def config_of(**changes: Any) -> Config:
    config = load_config(ROOT / "params.yaml")
    axes = {"datasets": ("streets",), "models": ("segnet_v1",), "losses": ("ce",), "seeds": (0, 1)}
    bench = {"name": "fake", "total_epochs": EPOCHS, **axes, **changes}
    return config.model_copy(update={"bench": config.bench.model_copy(update=bench)})


def row(epoch: int, *, factor: float = 1.0) -> dict[str, float]:
    score = factor * epoch / 10 if epoch % 2 == 0 else math.nan
    scores = {"val_miou": score, "val_pixel_accuracy": score, "val_loss": score}
    timing = {"seconds": 2.0, "images_per_second": 64.0}
    return {
        "epoch": float(epoch),
        "learning_rate": 1e-3,
        "train_loss": factor / epoch,
        **scores,
        **timing,
    }


def write_training(config: Config, cell: Cell, *, factor: float = 1.0) -> None:
    folder = cell_report_folder(cell.bench, cell.slug)
    resolved = config.resolved(cell)
    write_history(folder, [row(epoch, factor=factor) for epoch in range(1, EPOCHS + 1)])
    TrainRecord(
        cell=cell,
        config=resolved,
        config_digest=config_digest(resolved),
        parameters=1_250_000,
        steps=40,
        total_epochs=EPOCHS,
        selected_epoch=2,
        selected_val_miou=0.2,
        last_val_miou=0.4,
        train_seconds=8.0,
        images_per_second=64.0,
        provenance=fake_provenance(),
    ).write(folder)


def write_bench(config: Config) -> Results:
    for cell in config.bench.blind_cells():
        write_scores(config.bench, cell, {"selected": GOOD})
    for cell in config.bench.cells():
        write_training(config, cell)
        write_scores(config.bench, cell, {"selected": GOOD, "last": GOOD})
    folder = report_folder("fake")
    (folder / "figures").mkdir()
    (folder / "figures" / "curves.png").write_bytes(b"not really a picture")
    (folder / "index.md").write_text("# Fake\n\n![curves](figures/curves.png)\n\nmIoU 0.8\n")
    (folder / "results.csv").write_text("model,miou\nsegnet_v1,0.8\n")
    return load_results(config.bench, {})


def test_moved_project_does_not_write_into_its_old_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    monkeypatch.chdir(old)
    sync(write_bench(config_of()))
    old.rename(new)
    monkeypatch.chdir(new)
    results = load_results(config_of().bench, {})
    with pytest.raises(UserError, match=r"made in another place: .*/old/mlflow-artifacts.*Delete"):
        sync(results)
    assert not old.exists()


def live(config: Config, epochs: range, cell: Cell = CELL) -> None:
    resolved = config.resolved(cell)
    with live_run(cell, resolved, config_digest(resolved), total_epochs=EPOCHS) as run:
        for epoch in epochs:
            run.log_epoch(row(epoch))


def runs_of(store: Store, part: str = "streets") -> dict[str, Any]:
    runs = store.runs(store.experiment(f"segbench/fake/{part}"))
    return {run.tags["segbench.key"].partition("@")[0]: run for run in runs}


def steps_of(name: str) -> Counter[int]:
    """How often each step of a metric is stored, over all runs that are not deleted."""
    rows = sqlite3.connect("mlflow.db").execute(
        "select step from metrics join runs using (run_uuid) "
        "where metrics.key = ? and lifecycle_stage = 'active'",
        (name,),
    )
    return Counter(step for (step,) in rows)


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without runs; making one takes seconds."""
    folder = tmp_path_factory.mktemp("store")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        open_store()
    return folder / "mlflow.db"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("SEGBENCH_TRACKING", raising=False)
    return tmp_path


@pytest.fixture
def store(project: Path, empty_database: Path) -> Store:
    shutil.copy(empty_database, project / "mlflow.db")
    return open_store()


def test_names_say_model_loss_and_seed_and_keys_the_configuration() -> None:
    assert run_name(CELL) == "v1-ce-s0"
    assert run_key(CELL, "abc") == "fake/streets-segnet_v1-ce-s0@abc"
    assert run_key(CELL, None) == "fake/streets-segnet_v1-ce-s0"


def test_an_epoch_without_validation_has_no_validation_points() -> None:
    points = {point.name: (point.step, point.value) for point in epoch_points(row(3), time_ms=0)}
    assert points == {
        "train/loss": (3, 1 / 3),
        "lr": (3, 1e-3),
        "images_per_second": (3, 64.0),
    }


def test_a_report_note_drops_pictures_and_fits_in_a_tag() -> None:
    text = "# Title\n![picture](figures/a.png)\n" + "a line of the report\n" * 1000
    note = report_note(text)
    assert "figures/a.png" not in note
    assert "index.md" in note
    assert len(note) < MAX_NOTE + 100


def test_tracking_off_writes_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGBENCH_TRACKING", "off")
    live(config_of(), range(1, 3))
    assert list(project.iterdir()) == []


def test_a_misspelt_switch_is_an_error(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGBENCH_TRACKING", "of")
    with pytest.raises(UserError, match="SEGBENCH_TRACKING is 'of'"):
        live(config_of(), range(1, 3))


def test_training_without_mlflow_goes_on_with_one_note(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    live(config_of(), range(1, EPOCHS + 1))
    assert capsys.readouterr().err.count("pip install mlflow") == 1


def test_a_taken_port_is_an_error_that_names_another(project: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"--port {port + 1}"):
            serve_ui(port=port)


@pytest.mark.slow
def test_a_corrupt_database_stops_no_training(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "mlflow.db").write_text("this is no database" * 100)
    live(config_of(), range(1, EPOCHS + 1))
    message = capsys.readouterr().err
    assert message.count("tracking is off for this run") == 1
    assert "file is not a database" in message


@pytest.mark.slow
def test_a_database_locked_midway_stops_no_training(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    config = config_of()
    resolved = config.resolved(CELL)
    with live_run(CELL, resolved, config_digest(resolved), total_epochs=EPOCHS) as run:
        run.log_epoch(row(1))
        blocker = sqlite3.connect("mlflow.db")
        blocker.execute("BEGIN EXCLUSIVE")
        run.log_epoch(row(2))
        run.log_epoch(row(3))
        blocker.close()
    assert capsys.readouterr().err.count("database is locked") == 1


@pytest.mark.slow
def test_a_dead_server_stops_no_training(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    live(config_of(), range(1, EPOCHS + 1))
    assert capsys.readouterr().err.count("tracking is off for this run") == 1


@pytest.mark.slow
def test_a_resumed_training_goes_on_with_its_run_and_repeats_no_step(store: Store) -> None:
    config = config_of()
    with pytest.raises(RuntimeError, match="power cut"):
        interrupt(config, RuntimeError("power cut"))
    assert runs_of(store)["fake/streets-segnet_v1-ce-s0"].status == "FAILED"

    live(config, range(1, EPOCHS + 1))
    (run,) = runs_of(store).values()
    assert (run.status, run.tags["status"]) == ("FINISHED", "trained")
    assert steps_of("train/loss") == {1: 1, 2: 1, 3: 1, 4: 1}
    assert steps_of("val/miou") == {2: 1, 4: 1}


@pytest.mark.slow
def test_ctrl_c_leaves_a_killed_run(store: Store) -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupt(config_of(), KeyboardInterrupt())
    assert runs_of(store)["fake/streets-segnet_v1-ce-s0"].status == "KILLED"


def interrupt(config: Config, error: BaseException) -> None:
    """Two epochs, then ``error``."""
    resolved = config.resolved(CELL)
    with live_run(CELL, resolved, config_digest(resolved), total_epochs=EPOCHS) as run:
        run.log_epoch(row(1))
        run.log_epoch(row(2))
        raise error


@pytest.mark.slow
def test_a_second_sync_changes_nothing(store: Store) -> None:
    results = write_bench(config_of())
    assert sync(results) == SyncSummary(created=5, updated=0, unchanged=0)
    before = Path("mlflow.db").read_bytes()
    assert sync(results) == SyncSummary(created=0, updated=0, unchanged=5)
    assert Path("mlflow.db").read_bytes() == before


@pytest.mark.slow
def test_a_synced_run_shows_what_the_records_say(store: Store) -> None:
    sync(write_bench(config_of()))
    run = runs_of(store)["fake/streets-segnet_v1-ce-s0"]
    assert run.metrics["test/miou"] == pytest.approx(49 / 60)
    assert run.metrics["last/test/miou"] == pytest.approx(49 / 60)
    assert run.metrics["test/iou/road"] == pytest.approx(8 / 10)
    assert run.metrics["best/epoch"] == 2
    assert run.metrics["cost/params_m"] == 1.25
    assert run.params["model"] == "segnet_v1"
    assert run.params["total_epochs"] == str(EPOCHS)
    assert run.tags["status"] == "evaluated"
    assert (
        "dvc repro --glob 'evaluate*@fake-streets-segnet_v1-ce-0'"
        in run.tags["mlflow.note.content"]
    )
    assert store.history(run.id, "val/miou") == {2: 0.2, 4: 0.4}
    artifacts = Path("mlflow-artifacts") / run.id / "artifacts"
    assert {path.name for path in artifacts.iterdir()} == {
        *("train.json", "history.csv", "evaluation.json", "counts.npz")
    }
    majority = runs_of(store)["fake/streets-majority-none-s0"]
    assert majority.tags["status"] == "blind"
    assert "best/epoch" not in majority.metrics


@pytest.mark.slow
def test_a_killed_live_run_is_finished_by_sync(store: Store) -> None:
    config = config_of(seeds=(0,))
    script = (
        "import os, test_tracking as t\n"
        "config = t.config_of(seeds=(0,)); resolved = config.resolved(t.CELL)\n"
        "digest = t.config_digest(resolved)\n"
        "with t.live_run(t.CELL, resolved, digest, total_epochs=t.EPOCHS) as run:\n"
        "    run.log_epoch(t.row(1)); run.log_epoch(t.row(2)); os.kill(os.getpid(), 9)\n"
    )
    path = os.pathsep.join(map(str, (ROOT, ROOT / "tests", ROOT / "tests/tracking")))
    killed = subprocess.run((sys.executable, "-c", script), env=os.environ | {"PYTHONPATH": path})
    assert killed.returncode == -signal.SIGKILL
    key = "fake/streets-segnet_v1-ce-s0"
    abandoned = runs_of(store)[key]
    assert abandoned.status == "RUNNING"

    assert sync(write_bench(config)) == SyncSummary(created=3, updated=1, unchanged=0)
    run = runs_of(store)[key]
    assert (run.id, run.status) == (abandoned.id, "FINISHED")
    assert steps_of("train/loss") == {1: 1, 2: 1, 3: 1, 4: 1}


@pytest.mark.slow
def test_a_cell_that_was_trained_again_replaces_its_run(store: Store) -> None:
    config = config_of(seeds=(0,))
    results = write_bench(config)
    sync(results)
    write_training(config, CELL, factor=0.5)
    assert sync(load_results(config.bench, {})) == SyncSummary(created=0, updated=1, unchanged=3)
    run = runs_of(store)["fake/streets-segnet_v1-ce-s0"]
    assert store.history(run.id, "train/loss")[1] == 0.5
    assert steps_of("train/loss") == {1: 1, 2: 1, 3: 1, 4: 1}


@pytest.mark.slow
def test_a_new_configuration_supersedes_the_old_run_until_it_is_restored(store: Store) -> None:
    old, new = config_of(seeds=(0,)), config_of(seeds=(0,), width=0.5)
    write_bench(old)
    sync(load_results(old.bench, {}))
    for config in (new, old):
        write_training(config, CELL)
        sync(load_results(config.bench, {}))
        runs = store.runs(store.experiment("segbench/fake/streets"))
        statuses = {run.params.get("width"): run.tags["status"] for run in runs}
        width = str(config.bench.width)
        assert statuses.pop(None) == "blind"
        assert statuses.pop(width) == "evaluated"
        assert set(statuses.values()) == {"superseded"}


@pytest.mark.slow
def test_runs_and_experiments_deleted_by_hand_come_back_once(store: Store) -> None:
    results = write_bench(config_of(seeds=(0,)))
    sync(results)
    store.delete(runs_of(store)["fake/streets-segnet_v1-ce-s0"].id)
    assert sync(results) == SyncSummary(created=1, updated=0, unchanged=3)
    store._client.delete_experiment(store.experiment("segbench/fake/streets"))
    sync(results)
    assert sync(results) == SyncSummary(created=0, updated=0, unchanged=4)


@pytest.mark.slow
def test_the_report_is_one_run_that_follows_it(store: Store) -> None:
    results = write_bench(config_of(seeds=(0,)))
    sync(results)
    first = runs_of(store, "comparison")["fake/comparison"]
    files = Path("mlflow-artifacts") / first.id / "artifacts"
    assert (files / "figures" / "curves.png").exists()
    assert (files / "results.json").exists()
    (report_folder("fake") / "index.md").write_text("# Fake\n\nmIoU 0.9\n")
    assert sync(results) == SyncSummary(created=0, updated=1, unchanged=3)
    (second,) = store.runs(store.experiment("segbench/fake/comparison"))
    assert "mIoU 0.9" in second.tags["mlflow.note.content"]


@pytest.mark.slow
def test_two_syncs_at_once_make_no_duplicates(project: Path) -> None:
    config = config_of()
    write_bench(config)
    script = (
        "import test_tracking as t; from segnet.results.cells import load_results\n"
        "print(sum(t.sync(load_results(t.config_of().bench, {}))[:1]))"
    )
    path = os.pathsep.join(map(str, (ROOT, ROOT / "tests", ROOT / "tests/tracking")))
    command = (sys.executable, "-c", script)
    both = [
        subprocess.Popen(
            command, env=os.environ | {"PYTHONPATH": path}, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    created = [int(process.communicate(timeout=120)[0]) for process in both]
    assert sorted(created) == [0, 5]


@pytest.mark.parametrize(
    ("classes", "metrics"),
    [
        (("道路", "汽车"), ("道路", "汽车")),
        (("c+", "c#", "c"), ("c_", "c__1", "c")),
        (("a/b", "a_b"), ("a_b_0", "a_b")),
        (("..", ".", "_"), ("__0", "__1", "_")),
        (("a//b", "a<b>"), ("a__b", "a_b_")),
        (("x" * 300, "x" * 301), ("x" * 200, "x" * 200 + "_1")),
    ],
)
def test_every_class_has_a_metric_of_its_own_that_mlflow_takes(
    classes: tuple[str, ...], metrics: tuple[str, ...]
) -> None:
    from mlflow.utils.validation import _validate_metric_name

    assert metric_names(classes) == dict(zip(classes, metrics, strict=True))
    for name in metrics:
        _validate_metric_name(f"test/iou/{name}")

from __future__ import annotations

import math
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from segnet.engines.jobs import Job, Setting
from segnet.engines.packing import pack
from segnet.engines.plain import PlainEngine
from segnet.engines.running import run_on
from segnet.engines.status import CellStatus, read_status, write_status
from segnet.errors import UserError

JOBS = [
    Job(name, (), f"{name}.log", Setting("demo", (), False, ".", "unknown", "", {}))
    for name in ("good", "bad", "endless")
]


class ThreeJobs:
    """An engine on which one job ends well, one fails and one does not end."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.is_stopped = False

    def submit(self, jobs: Sequence[Job], *, at_once: int) -> None:
        self.names = [job.name for job in jobs]

    def finished(self) -> dict[str, str]:
        ended = {"good": "", "bad": "the disk is full"}
        if self.is_stopped:
            ended["endless"] = "was stopped"
        return {name: ended[name] for name in self.names if name in ended}

    def stop(self) -> None:
        self.is_stopped = True

    def close(self) -> None: ...


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEGBENCH_STATE", raising=False)


def state_of(name: str) -> str:
    status = read_status("demo", name)
    assert status is not None
    return status.text()


def test_what_failed_and_what_ended_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    undone = run_on(ThreeJobs({}), "demo", JOBS[:2], at_once=0, deadline=math.inf)
    assert undone == {"bad": "the disk is full"}
    assert (state_of("good"), state_of("bad")) == ("done", "failed: the disk is full")
    assert "bad  failed: the disk is full" in capsys.readouterr().err


def test_time_that_is_up_stops_what_runs() -> None:
    engine = ThreeJobs({})
    assert run_on(engine, "demo", JOBS[2:], at_once=0, deadline=0.0) == {"endless": "stopped"}
    assert engine.is_stopped
    assert state_of("endless") == "stopped"


def test_running_cell_tells_epoch_and_time_left() -> None:
    write_status("demo", "cell", CellStatus("running", 3, 15, 240.0))
    assert state_of("cell") == "running, epoch 3 of 15, 4 min left"


def test_misspelt_setting_of_an_engine_is_an_error() -> None:
    with pytest.raises(UserError, match="engine plain has no setting 'gpu'"):
        PlainEngine({"gpu": 1})


def test_archives_hold_everything_and_none_is_larger_than_allowed() -> None:
    files = {f"reports/demo/runs/cell{at}/{'n' * 110}.npz": 1000 * at + 1 for at in range(60)}
    for name, size in files.items():
        Path(name).parent.mkdir(parents=True)
        Path(name).write_bytes(bytes(size))
    archives = pack("demo", Path("packed"), limit=200_000)
    assert all(path.stat().st_size <= 200_000 for path in archives)
    found: list[str] = []
    for path in archives:
        with tarfile.open(path) as archive:
            found += archive.getnames()
    assert sorted(found) == sorted(files)
    with pytest.raises(UserError, match=r"/n+\.npz has .* Bring it home by itself"):
        pack("demo", Path("packed"), limit=50_000)

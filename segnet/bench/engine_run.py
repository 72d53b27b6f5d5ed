"""A bench on an engine: shared stages, an estimate, the cells, what they cost, the report."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from segnet.bench.config import Config
from segnet.bench.estimate import estimate_seconds
from segnet.bench.jobs import cell_jobs, is_done, measure_jobs, shared_job
from segnet.engines import ENGINES
from segnet.engines.jobs import JobError, run_job
from segnet.engines.packing import pack
from segnet.engines.running import run_on
from segnet.engines.status import duration
from segnet.errors import UserError, lookup


class EngineChoice(NamedTuple):
    """What the user says of where and how long."""

    name: str
    at_once: int = 0
    """How many cells at the same time; 0: the engine's choice."""
    max_minutes: float = math.inf
    pack_folder: Path | None = None


def run_bench(config: Config, choice: EngineChoice) -> bool:
    """Run all cells of the bench that ``params.yaml`` describes; whether DVC has yet to finish.

    Without DVC the report is written here. With DVC the caller's plain ``dvc repro`` writes it: it
    finds every cell done.

    Raises:
        UserError: if a cell failed or time was up; everything that is done is kept.
    """
    deadline = time.monotonic() + 60 * choice.max_minutes
    bench = config.bench.name
    jobs = cell_jobs(config)
    use_dvc = jobs[0].setting.use_dvc
    engine = lookup(ENGINES, choice.name, what="engine")({})
    try:
        try:
            _tell("shared stages: fetch, weights, prepare")
            run_job(shared_job(config), checkout=Path.cwd())
        except JobError as error:
            raise UserError(f"{error} ({shared_job(config).log})") from None
        _tell_estimate(config)
        undone = run_on(engine, bench, jobs, at_once=choice.at_once, deadline=deadline)
        if not undone and not (use_dvc and choice.name == "plain"):
            # one at a time: what runs beside a measured network slows it down
            measures = measure_jobs(config)
            undone = run_on(engine, bench, measures, at_once=1, deadline=deadline)
    finally:
        engine.close()
    if not use_dvc:
        _report()
    if choice.pack_folder is not None and (undone or not use_dvc):
        tell_packed(bench, choice.pack_folder)
    if undone:
        logs = {job.name: job.log for job in (*jobs, *measure_jobs(config))}
        lines = (
            name + (": stopped" if reason == "stopped" else f": {reason} ({logs[name]})")
            for name, reason in undone.items()
        )
        raise UserError(
            "not done:\n" + "\n".join(lines) + "\nThe same command goes on: what is done and the "
            "states of what was stopped are kept."
        )
    return use_dvc


def tell_packed(bench: str, folder: Path) -> None:
    """Pack what people read of the bench."""
    for path in pack(bench, folder):
        _tell(f"packed: {path}")


def _tell_estimate(config: Config) -> None:
    cells = [cell for cell in config.bench.cells() if not is_done(config, cell)]
    if not cells:
        _tell("estimate: the records of all cells are there")
        return
    seconds = estimate_seconds(config, cells)
    _tell(
        f"estimate: {len(cells)} cells x {duration(seconds / len(cells))} of training = "
        f"{duration(seconds)} on this machine, one after the other"
    )


def _report() -> None:
    command = (sys.executable, "-m", "pipelines.report")
    if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode:
        raise UserError("the report could not be written; why stands above.")


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)

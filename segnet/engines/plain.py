"""Engine ``plain``: processes on this machine, a GPU each where there are any."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from subprocess import Popen
from typing import Any

from segnet.engines.jobs import Job, JobError, run_job
from segnet.engines.processes import interrupt
from segnet.engines.settings import require_known


class PlainEngine:
    """Each running job is a thread that waits for the processes of its stages."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        require_known(settings, (), engine="plain")
        self._gpus = find_gpus()
        self._processes: dict[str, Popen[bytes]] = {}
        self._futures: dict[str, Future[None]] = {}
        self._stopping = False
        self._pool: ThreadPoolExecutor | None = None

    def submit(self, jobs: Sequence[Job], *, at_once: int) -> None:
        """Begin; the next job begins when one has ended."""
        at_once = at_once or max(1, len(self._gpus))
        self._free: SimpleQueue[int] = SimpleQueue()
        for slot in range(at_once):
            self._free.put(slot)
        threads = max(1, (os.cpu_count() or 1) // at_once)
        self._pool = ThreadPoolExecutor(at_once)
        self._futures = {job.name: self._pool.submit(self._run, job, threads) for job in jobs}

    def _run(self, job: Job, threads: int) -> None:
        slot = self._free.get()
        variables = dict(job.setting.variables)
        if self._gpus:
            variables["CUDA_VISIBLE_DEVICES"] = self._gpus[slot % len(self._gpus)]
        if threads < (os.cpu_count() or 1) and "SEGBENCH_THREADS" not in os.environ:
            variables["SEGBENCH_THREADS"] = str(threads)  # else all share all cores, and wait

        def on_start(process: Popen[bytes]) -> None:
            self._processes[job.name] = process
            if self._stopping:
                raise JobError("stopped")

        try:
            job = replace(job, setting=replace(job.setting, variables=variables))
            run_job(job, on_start, checkout=Path(job.setting.checkout))
        finally:
            self._processes.pop(job.name, None)
            self._free.put(slot)

    def finished(self) -> dict[str, str]:
        """By name the jobs that have ended: why it failed, or nothing."""
        ended = {name: one for name, one in self._futures.items() if one.done()}
        return {
            name: "stopped" if one.cancelled() else reason_of(one.exception())
            for name, one in ended.items()
        }

    def stop(self) -> None:
        """End what runs, its state saved."""
        self._stopping = True
        for future in self._futures.values():
            future.cancel()
        for process in list(self._processes.values()):
            interrupt(process)
        self.close()

    def close(self) -> None:
        """Wait for the threads."""
        if self._pool is not None:
            self._pool.shutdown()


def find_gpus() -> list[str]:
    """What ``CUDA_VISIBLE_DEVICES`` calls each GPU that a job may have; asks no driver."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [one.strip() for one in visible.split(",") if one.strip()]
    numbers = (path.name.removeprefix("nvidia") for path in Path("/dev").glob("nvidia[0-9]*"))
    return sorted((number for number in numbers if number.isdecimal()), key=int)


def reason_of(error: BaseException | None) -> str:
    """Why a job failed, in a line; empty if it did not."""
    if error is None:
        return ""
    return str(error) if isinstance(error, JobError) else f"{type(error).__name__}: {error}"

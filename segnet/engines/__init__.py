"""Where the cells of a bench run: one file an engine, each with the same few methods. No torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from segnet.engines.jobs import Job
from segnet.schema import Registry


@runtime_checkable
class Engine(Protocol):
    """Runs jobs somewhere; made once a run, with the settings of ``--engine-config``."""

    def __init__(self, settings: Mapping[str, Any]) -> None: ...

    def submit(self, jobs: Sequence[Job], *, at_once: int) -> None:
        """Begin; at most ``at_once`` run at the same time, 0: as many as there is room for."""

    def finished(self) -> dict[str, str]:
        """By name the jobs that have ended since :meth:`submit`: why it failed, or nothing."""

    def stop(self) -> None:
        """End what runs, its state saved, and begin nothing more; returns when all is quiet."""

    def close(self) -> None:
        """Give back what the engine holds."""


ENGINES: Registry[type[Engine]] = Registry("segnet.engines", {"plain": "PlainEngine"})

"""Where everything lies, relative to the project's root, which is the current directory."""

from __future__ import annotations

import os
from pathlib import Path

REPORTS = Path("reports")
PRESETS = Path("pipelines/presets")
"""``NAME.yaml``: the block ``bench`` of ``params.yaml`` for a bench."""
VALIDATED = Path("data/validated")
"""Says that DVC has checked ``params.yaml``; what stages depend on that have no other input."""


def raw_folder(dataset: str) -> Path:
    """What ``pipelines.fetch`` leaves of a data set: its files as published."""
    return Path("data/raw") / dataset


def prepared_folder(bench: str, dataset: str) -> Path:
    """What ``pipelines.prepare`` leaves: the arrays at the bench's working size."""
    return Path("data/prepared") / bench / dataset


def weights_folder(name: str) -> Path:
    """The encoder weights that ``bench.encoder_weights`` names."""
    return Path("data/weights") / name


def cell_run_folder(bench: str, slug: str) -> Path:
    """Large files of a cell, owned by DVC: its weights."""
    return Path("runs") / bench / slug


def report_folder(bench: str) -> Path:
    """What people read of a bench, in git."""
    return REPORTS / bench


def cell_report_folder(bench: str, slug: str) -> Path:
    """The records of a cell, in git."""
    return report_folder(bench) / "runs" / slug


def state_folder() -> Path:
    """Where unfinished work lies. ``SEGBENCH_STATE`` names a place that several checkouts see."""
    return Path(os.environ.get("SEGBENCH_STATE") or ".segbench")


def lock_file(bench: str, slug: str) -> Path:
    """Held by the process that trains a cell."""
    return state_folder() / "locks" / f"{bench}-{slug}.lock"


def checkpoint_folder(digest: str) -> Path:
    """Resumable state of a run, keyed by the digest of its resolved configuration."""
    return state_folder() / "checkpoints" / digest


def status_file(bench: str, slug: str) -> Path:
    """How far a cell is, for who watches from another terminal."""
    return state_folder() / "cells" / bench / f"{slug}.json"


def log_file(bench: str, name: str) -> Path:
    """What the stages of a cell have printed, where an engine ran them."""
    return state_folder() / "logs" / bench / f"{name}.log"

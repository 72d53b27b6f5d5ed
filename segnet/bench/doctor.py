"""What stands in the way of a run: machine, data, weights, records. Changes nothing."""

from __future__ import annotations

import os
import platform
import shutil
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from segnet.bench.config import Config
from segnet.bench.machine import find_device
from segnet.bench.pending import in_minutes, pending_cells
from segnet.datasets.fetching.published_files import MIRROR_VARIABLE
from segnet.datasets.prepared.store import read_dataset
from segnet.engines.status import CellStatus, read_status
from segnet.errors import UserError
from segnet.paths import prepared_folder, raw_folder, report_folder, weights_folder
from segnet.results.cells import CellResult, Results, load_results
from segnet.results.provenance import git_commit, installed_versions

RUN_PIPELINE = "dvc repro"
COMMIT_DIGITS = 12


class Finding(NamedTuple):
    """One line of ``segbench doctor``."""

    what: str
    found: str
    next_step: str


def examine(config: Config) -> list[Finding]:
    """Everything that a run of the bench depends on, in the order in which it is needed."""
    return [*_machine(config), _mirror(), *_data(config), _weights(config), *_cells(config)]


def _machine(config: Config) -> list[Finding]:
    device = find_device(config.bench.precision)
    versions = ", ".join(f"{name} {version}" for name, version in installed_versions().items())
    free_gib = shutil.disk_usage(Path.cwd()).free / 2**30
    commit = git_commit()
    return [
        Finding("python", f"{platform.python_version()} on {platform.machine()}; {versions}", ""),
        Finding(
            "device",
            f"{device.name}, {device.precision}, {os.cpu_count()} cores",
            "" if device.is_gpu else "a GPU is used where there is one",
        ),
        Finding("free disk", f"{free_gib:.0f} GiB", "make room" if free_gib < 5 else ""),
        Finding(
            "commit",
            commit.replace(commit[COMMIT_DIGITS:40], "") if commit != "unknown" else commit,
            "commit your changes, so that results name them" if commit.endswith("dirty") else "",
        ),
    ]


def _mirror() -> Finding:
    mirror = os.environ.get(MIRROR_VARIABLE)
    if not mirror:
        return Finding("mirror", "not set", "data are downloaded")
    if mirror.startswith(("http://", "https://")) or Path(mirror).is_dir():
        return Finding("mirror", mirror, "")
    found = f"{mirror} is neither a folder nor an address"
    return Finding("mirror", found, f"correct or unset {MIRROR_VARIABLE}")


def _data(config: Config) -> list[Finding]:
    findings = []
    for name in config.bench.datasets:
        folder = prepared_folder(config.bench.name, name)
        if not folder.exists():
            raw = "fetched" if raw_folder(name).exists() else "not fetched"
            findings.append(Finding(f"data set {name}", f"{raw}, not prepared", RUN_PIPELINE))
            continue
        try:
            data = read_dataset(folder)
        except UserError as error:
            findings.append(Finding(f"data set {name}", str(error), RUN_PIPELINE))
            continue
        sizes = ", ".join(f"{split} {len(part)}" for split, part in data.splits.items())
        facts = f"{sizes}; {data.taxonomy.num_classes} classes; {data.fingerprint[:12]}"
        findings.append(Finding(f"data set {name}", facts, ""))
    return findings


def _weights(config: Config) -> Finding:
    name = config.bench.encoder_weights
    there = weights_folder(name).exists()
    return Finding(
        "encoder weights",
        f"{name}, {'there' if there else 'not fetched'}",
        "" if there else RUN_PIPELINE,
    )


def _cells(config: Config) -> list[Finding]:
    """What is in ``reports/``, and what a run would do for it to come out again."""
    results = load_results(config.bench, {}, config.settings)
    done = sum(one.status == "done" for one in results.cells)
    where = report_folder(config.bench.name)
    found = f"{done} of {len(results.cells)} cells have results in {where}"
    findings = [Finding("results", found, "segbench compare" if done else "")]
    for one in results.cells:
        told = read_status(one.cell.bench, one.cell.slug)
        if told is not None and told.state == "running" and told.is_alive():
            findings.append(Finding(one.cell.slug, told.text(), ""))
        elif one.status != "done":
            findings.append(Finding(one.cell.slug, _why_not_done(one, told), RUN_PIPELINE))
    return [*findings, _what_would_run(results)]


def _what_would_run(results: Results) -> Finding:
    """The cells that ``dvc repro`` would run, why, and how long they take."""
    pending, trained = pending_cells(results), len(results.bench.cells())
    if not pending:
        found = f"would run none of {trained} cells, unless code was edited (`dvc status`)"
        return Finding(RUN_PIPELINE, found, "")
    reasons = Counter(one.reason for one in pending)
    why = "; ".join(f"{reason}: {count}" for reason, count in reasons.items())
    takes = in_minutes(sum(one.minutes for one in pending))
    found = f"would run {len(pending)} of {trained} cells ({why})"
    return Finding(RUN_PIPELINE, f"{found}, {takes}" if takes else found, "segbench run --dry")


def _why_not_done(result: CellResult, told: CellStatus | None) -> str:
    """The status, with what its last process told before it ended."""
    match told:
        case CellStatus(state="failed" | "stopped"):
            return f"{result.status}; {told.text()}"
        case CellStatus(state="running"):
            return f"{result.status}; killed at epoch {told.epoch} of {told.total_epochs}"
    return result.status

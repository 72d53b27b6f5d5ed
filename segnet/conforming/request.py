"""What is to be checked, and the process in which it is. No torch."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from segnet.conforming.finding import CheckResult
from segnet.errors import UserError

Kind = Literal["network", "loss", "metric"]
SHOWN_OUTPUT = 400
"""Characters of what the process printed last that are shown if it died."""


@dataclass(frozen=True)
class Request:
    """One object to check."""

    target: str
    """``FILE.py:NAME`` or ``package.module:NAME``."""
    kind: Kind
    num_classes: int = 11
    reference: str = ""
    """A name of the registry of models; empty if there is none of its kind."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Further arguments of the network."""
    threads: int = 1


def split_target(target: str) -> tuple[str, str]:
    """The file or module, and the name in it.

    Raises:
        UserError: if the text has another form, or there is no such file.
    """
    place, _, name = target.rpartition(":")
    if not place or not name:
        raise UserError(f"'{target}' names nothing. Write FILE.py:NAME or package.module:NAME.")
    if place.endswith(".py") and not Path(place).is_file():
        raise UserError(f"{place} does not exist. Write FILE.py:NAME.")
    return place, name


def findings(request: Request, *, limit_seconds: float) -> tuple[CheckResult, ...]:
    """Run the checks in a process of their own, and end it at the time limit.

    Raises:
        UserError: if there is nothing to check.
    """
    split_target(request.target)
    with tempfile.TemporaryDirectory() as scratch:
        ask, report, log = (Path(scratch) / name for name in ("ask.json", "report.jsonl", "log"))
        ask.write_text(json.dumps(asdict(request)))
        report.touch()
        ending = _run(ask, report, log, limit_seconds)
        lines = [json.loads(line) for line in report.read_text().splitlines()]
        printed = log.read_text(errors="replace").strip()[-SHOWN_OUTPUT:]
    for line in lines:
        if "error" in line:
            raise UserError(line["error"])
    found = tuple(CheckResult(*line["finding"]) for line in lines if "finding" in line)
    if not ending:
        return found
    begun = lines[-1].get("begins", "") if lines else ""
    if not begun:
        raise UserError(f"{request.target}: the process {ending}. {printed}")
    evidence = f"the process {ending}; no further check was run"
    return (*found, CheckResult(begun, "fail", evidence))


def _run(ask: Path, report: Path, log: Path, limit_seconds: float) -> str:
    """Run the process to its end; how it ended, empty if well."""
    command = [sys.executable, "-m", "segnet.conforming.child", str(ask), str(report)]
    with log.open("w") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True
        )
        try:
            status = process.wait(timeout=limit_seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return f"was ended after {limit_seconds:g} seconds (--limit)"
    return "" if status == 0 else f"ended with status {status}"

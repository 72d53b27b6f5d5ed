"""Runs the checks, in a process of its own: ``python -m segnet.conforming.child REQUEST REPORT``.

The report has a line of JSON for each check that begins and each that ends, so that whoever waits
knows what was going on if this process dies or has to be ended.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch

from segnet.conforming import loss as of_loss
from segnet.conforming import metric as of_metric
from segnet.conforming import network as of_network
from segnet.conforming.finding import Check, CheckResult
from segnet.conforming.loading import load, network_builder
from segnet.conforming.request import Request
from segnet.conforming.subject import Subject
from segnet.errors import UserError
from segnet.models.building import build_model

OURS = Path(__file__).parent


def run(request: Request, say: Callable[[dict[str, Any]], None]) -> None:
    """Run all checks of a request, and say what is going on."""
    torch.set_num_threads(request.threads)
    try:
        subject, checks = prepared(request)
    except UserError as error:
        say({"error": str(error)})
        return
    except Exception as error:  # whatever the user's own file raises
        say({"error": f"{request.target} cannot be loaded: {last_line(error)}"})
        return
    for check in checks:
        say({"begins": check.title})
        try:
            finding = check(subject)
        except Exception as error:  # the user's code may raise anything
            finding = CheckResult(check.title, "fail", f"it raises {last_line(error)}")
        say({"finding": finding})


def prepared(request: Request) -> tuple[Any, Sequence[Check[Any]]]:
    """What is checked, and by what."""
    given = load(request.target)
    if request.kind == "metric":
        return of_metric.as_metric(given), of_metric.CHECKS
    if request.kind == "loss":
        return (given() if isinstance(given, type) else given), of_loss.CHECKS
    build = network_builder(given, request.num_classes, request.options)
    reference = None
    if request.reference:
        reference = partial(
            build_model,
            request.reference,
            num_classes=request.num_classes,
            width=float(request.options.get("width", 1.0)),
            options={},
            seed=0,
        )
    return Subject(build, request.num_classes, reference, request.reference), of_network.CHECKS


def last_line(error: Exception) -> str:
    """The error with the line of the user's code that raised it."""
    frames = [
        one
        for one in traceback.extract_tb(error.__traceback__)
        if "site-packages" not in one.filename and OURS not in Path(one.filename).parents
    ]
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}{': ' + text[0] if text else ''}{place}"


def main(request_file: Path, report_file: Path) -> None:
    """Read the request, write the report line by line."""
    with report_file.open("a") as report:

        def say(line: dict[str, Any]) -> None:
            report.write(json.dumps(line) + "\n")
            report.flush()

        run(Request(**json.loads(request_file.read_text())), say)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

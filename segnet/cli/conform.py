"""``segbench conform``: somebody's network, loss or metric against what its name says."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from segnet.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from segnet.conforming.finding import CheckResult

WIDTH = 100
COLORS = {"pass": "green", "fail": "bold red", "cannot tell": "yellow"}
TARGET_HELP = "FILE.py:CLASS, or package.module:CLASS."
AS_HELP = "The reference that the network is an implementation of; its checks cannot tell else."
WITH_HELP = "Arguments of the network, such as width=0.25,in_channels=3."
LIMIT_HELP = "Seconds after which the process that runs your code is ended."
SHORT = {"v1": "segnet_v1", "v2": "segnet_v2", "v3": "segnet_v3", "basic": "segnet_basic"}


def conform(
    target: Annotated[str, typer.Argument(help=TARGET_HELP)] = "",
    reference: Annotated[str, typer.Option("--as", help=AS_HELP)] = "",
    loss: Annotated[str, typer.Option(help="A loss instead: FILE.py:FUNCTION.")] = "",
    metric: Annotated[str, typer.Option(help="A metric instead: FILE.py:FUNCTION.")] = "",
    classes: Annotated[int, typer.Option(help="Classes of the network.", min=2)] = 11,
    arguments: Annotated[str, typer.Option("--with", help=WITH_HELP)] = "",
    limit: Annotated[float, typer.Option(help=LIMIT_HELP, min=1)] = 900,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, not a table.")] = False,
) -> None:
    """Check an implementation: what it should do, whether it does, and the evidence; exits 1."""
    from segnet.conforming.request import Request, findings
    from segnet.errors import lookup
    from segnet.models import MODELS

    given = {"network": target, "loss": loss, "metric": metric}
    wanted = {kind: text for kind, text in given.items() if text}
    if len(wanted) != 1:
        raise UserError("name one thing to check: FILE.py:CLASS, --loss or --metric.")
    ((kind, text),) = wanted.items()
    reference = SHORT.get(reference, reference)
    if reference:
        lookup(MODELS, reference, what="reference")
    found = findings(
        Request(
            text,
            kind,  # type: ignore[arg-type]
            num_classes=classes,
            reference=reference,
            options=parse_arguments(arguments),
        ),
        limit_seconds=limit,
    )
    if as_json:
        print(json.dumps({"target": text, "findings": [one._asdict() for one in found]}, indent=1))
    else:
        Console(width=None if sys.stdout.isatty() else WIDTH).print(table(found))
    if any(one.verdict == "fail" for one in found):
        raise SystemExit(1)


def parse_arguments(text: str) -> dict[str, Any]:
    """``width=0.25,bias=false`` as a dictionary.

    Raises:
        UserError: for a part that is none.
    """
    found: dict[str, Any] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, equals, value = part.partition("=")
        if not equals or not name.strip().isidentifier():
            raise UserError(f"--with: '{part}' is no NAME=VALUE.")
        try:
            found[name.strip()] = json.loads(value)
        except json.JSONDecodeError:
            found[name.strip()] = value.strip()
    return found


def table(found: Sequence[CheckResult]) -> Table:
    """A line a check."""
    shown = Table("check", "", "evidence", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for one in found:
        verdict = Text(one.verdict, COLORS[one.verdict])
        shown.add_row(Text(one.check), verdict, Text(one.evidence, overflow="fold"))
    return shown

"""One configuration from the start of a stage to its end.

DVC writes down the parameters that stand in ``params.yaml`` when a stage ends. If they are not
those that the stage worked with, ``dvc.lock`` is wrong for good: DVC calls the result up to date.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from segnet.bench.config import Config, load_config
from segnet.errors import UserError

DVC_LOCKS = Path(".dvc/tmp/rwlock")
"""Which processes of DVC read and write what: a map from paths to process numbers."""


def load_config_of(bench: str | None) -> Config:
    """``params.yaml``, which must still describe the bench that the stage was started for.

    Args:
        bench: the name that DVC gave to the stage; None: whatever the file describes.

    Raises:
        UserError: if the file describes another bench, or is wrong.
    """
    config = load_config()
    if bench is not None and config.bench.name != bench:
        raise UserError(
            f"params.yaml describes bench '{config.bench.name}' now, but this stage was started "
            f"for '{bench}'. Put it back (`segbench preset {bench}`) or leave it; then `dvc repro`."
        )
    return config


def require_unchanged(config: Config, relevant: Callable[[Config], Mapping[str, Any]]) -> None:
    """Check at the end of a stage that ``params.yaml`` still says what the stage worked with.

    Args:
        config: what the stage read when it started.
        relevant: the part of a configuration that the stage's result depends on.

    Raises:
        UserError: if that part has changed; names what.
    """
    before, now = relevant(config), relevant(load_config_of(config.bench.name))
    changed = [key for key in before if before[key] != now.get(key)]
    if changed:
        raise UserError(
            f"params.yaml: {', '.join(changed)} changed while this stage ran. Its result is not "
            "that of the present settings and is not kept. Run `dvc repro` again."
        )


def require_no_repro() -> None:
    """Check that DVC is not running stages of this project.

    Raises:
        UserError: if it is: a change of ``params.yaml`` would reach the stages that wait.
    """
    if running := sorted(set(_processes())):
        raise UserError(
            f"DVC is running stages of this project (process {', '.join(map(str, running))}). "
            "params.yaml must not change meanwhile. Wait until it is done, or stop it."
        )


def _processes() -> Iterator[int]:
    """The processes that DVC's lock file names and that are alive."""
    try:
        locks = json.loads(DVC_LOCKS.read_text())
        holders = [
            one["pid"]
            for lock in locks.values()
            for one in (*lock.get("read", ()), *filter(None, [lock.get("write")]))
        ]
    except (OSError, ValueError, AttributeError, KeyError, TypeError):  # none, or in the making
        return
    for pid in holders:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:  # a killed DVC leaves its number behind
            continue
        except PermissionError:
            pass
        yield pid

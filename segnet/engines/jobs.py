"""One job, the same on every engine: the stages of a cell, one after the other, in a checkout.

With DVC each stage is ``dvc repro --single-item``, so that ``dvc.lock`` and the run-cache know it.
Without DVC its script runs, and a stamp says of which settings and code its result is.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from platform import node

from filelock import FileLock

from segnet.atomic import write_atomically
from segnet.engines.processes import run_to_the_end

CHECKOUT_VARIABLE = "SEGBENCH_PROJECT"
"""Names the checkout that a host's jobs run in, for engines that reach other hosts."""
DVC = ("dvc", "--wait-for-lock", "repro")
Run = Callable[..., None]
OnStart = Callable[[subprocess.Popen[bytes]], None]


class JobError(Exception):
    """A stage of a job failed; the message is its reason."""


@dataclass(frozen=True)
class Step:
    """A stage at one point of its matrix."""

    stage: str
    """Its name in DVC, ``train@demo-streets-unet-ce-0``."""
    command: tuple[str, ...]
    """Module and arguments, for ``python -m``."""
    digest: str
    """Of the settings and the code that its result depends on."""
    outs: tuple[str, ...]
    """Files without which it is not done."""


@dataclass(frozen=True)
class Setting:
    """What all jobs of a run have in common."""

    bench: str
    shared: tuple[Step, ...]
    """Stages that every job needs before."""
    use_dvc: bool
    checkout: str
    """Where the run was started."""
    commit: str
    parameters: str
    """The text of ``params.yaml``."""
    variables: dict[str, str]
    """Of the environment of the processes."""


@dataclass(frozen=True)
class Job:
    """Stages that run one after the other."""

    name: str
    steps: tuple[Step, ...]
    log: str
    """The file that takes what the stages print."""
    setting: Setting


def run_job(job: Job, on_start: OnStart = lambda _: None, *, checkout: Path | None = None) -> None:
    """Run a job in a checkout.

    Args:
        job: what to run.
        checkout: where; None: in that of this host, ``SEGBENCH_PROJECT``, ``{host}`` in it being
            its name, or where the run was started.
        on_start: called with each process that is started.

    Raises:
        JobError: if a stage fails, or the checkout is of another commit.
    """
    setting = job.setting
    named = (os.environ.get(CHECKOUT_VARIABLE) or setting.checkout).replace("{host}", node())
    root = checkout or Path(named)
    if not (root / "dvc.yaml").exists():
        raise JobError(
            f"{root} on {node()} is no checkout. Clone there; {CHECKOUT_VARIABLE} names it"
        )
    # one interpreter for all stages, activated environment or not
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    environment = {**os.environ, "PATH": path, **setting.variables}

    def run(*command: str) -> None:
        reason = run_to_the_end(
            (sys.executable, "-m", *command),
            folder=root,
            environment=environment,
            log=Path(job.log),
            on_start=on_start,
        )
        if reason:
            raise JobError(reason)

    _make_ready(root, setting, run)
    if setting.use_dvc:
        for step in job.steps:
            run(*DVC, "--single-item", step.stage)
    else:
        _run_scripts(root, job.steps, run)


def _make_ready(root: Path, setting: Setting, run: Run) -> None:
    """Bring the checkout to the settings of the run, its shared stages done; once for many jobs."""
    ready = root / ".segbench" / "ready"
    wanted = "\0".join((setting.parameters, *(step.digest for step in setting.shared)))
    ready.parent.mkdir(exist_ok=True)
    with FileLock(ready.with_suffix(".lock")):
        if ready.exists() and ready.read_text() == wanted and _are_there(root, setting.shared):
            return
        if root != Path(setting.checkout):
            _require_commit(root, setting.commit)
            write_atomically(root / "params.yaml", setting.parameters)
        if setting.use_dvc:
            run(*DVC, *(step.stage for step in setting.shared))
        else:
            _run_scripts(root, setting.shared, run)
        write_atomically(ready, wanted)


def _require_commit(root: Path, commit: str) -> None:
    command = ("git", "-C", str(root), "rev-parse", "HEAD")
    found = subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()
    if found != commit.removesuffix("+dirty"):
        raise JobError(
            f"{root} is at commit {found or 'unknown'}, but the run was started at {commit}. "
            f"Commit there, `git pull` here, and run it again."
        )


def _run_scripts(root: Path, steps: tuple[Step, ...], run: Run) -> None:
    """Run the stages whose stamp is not of these settings and this code, and all after one."""
    fresh = False
    for step in steps:
        stamp = root / ".segbench" / "stamps" / step.stage
        is_done = stamp.exists() and stamp.read_text() == step.digest
        if is_done and not fresh and _are_there(root, (step,)):
            continue
        fresh = True
        stamp.unlink(missing_ok=True)
        run(*step.command)
        write_atomically(stamp, step.digest)


def _are_there(root: Path, steps: tuple[Step, ...]) -> bool:
    return all((root / out).exists() for step in steps for out in step.outs)

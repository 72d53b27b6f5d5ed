"""Stops ``dvc repro`` at random moments of a training, and lets it go on.

``python tests/interrupted_repro.py 10`` does so ten times with each signal, in a copy of the
project; ``tests/pipelines/test_interrupted_repro.py`` once with each.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from fake_project import write_params
from scratch_project import copy_project, environment_of, run

STAGE = "train@demo-streets-segnet_v1-ce-0"
REPRO = (sys.executable, "-m", "dvc", "repro", "--force", "--no-run-cache", "--single-item", STAGE)
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
EPOCHS = 40
GRACE_SECONDS = 30
"""In which a training that lost its parent saves its state and ends, on a busy machine too."""


class Outcome(NamedTuple):
    """What one interruption came to."""

    number: signal.Signals
    moment: float
    """Seconds after the first epoch."""
    was_running: bool
    """Whether DVC ran when it was stopped."""
    is_equal: bool
    """Whether the repeated training left the weights of the uninterrupted one."""
    orphans: int
    """Processes of the project that were alive after the grace."""


class InterruptedProject:
    """A copy of the project whose training is stopped and repeated."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        copy_project(folder)
        streets = {"seed": 0, "height": 24, "width": 32, "train": 16, "val": 4, "test": 2}
        epochs = {"bench.total_epochs": EPOCHS, "bench.validate_every_epochs": 10}
        write_params(folder, {**epochs, "datasets.streets": streets})
        run(folder, "git", "init", "-q")
        run(folder, "dvc", "repro", "prepare", "weights")
        self.expected, self.seconds = self.run_to_the_end()

    def start(self) -> subprocess.Popen[bytes]:
        """DVC in a process group of its own, as in a terminal of its own."""
        with self.log.open("wb") as log:
            return subprocess.Popen(
                REPRO,
                cwd=self.folder,
                env=environment_of(self.folder),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def run_to_the_end(self) -> tuple[str, float]:
        """The SHA-256 of both weights, and the seconds after the first epoch."""
        running = self.start()
        self.wait_for_an_epoch(running)
        begun = time.monotonic()
        assert running.wait() == 0, self.log.read_text()
        files = sorted(self.folder.glob("runs/demo/*/*.safetensors"))
        assert [file.stem for file in files] == ["last", "selected"]
        digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
        return digest, time.monotonic() - begun

    def wait_for_an_epoch(self, running: subprocess.Popen[bytes]) -> None:
        """Wait until the training has shown a line."""
        while "epoch" not in self.log.read_text(errors="replace") and running.poll() is None:
            time.sleep(0.02)

    def interrupt(self, number: signal.Signals, moment: float) -> Outcome:
        """Stop DVC so many seconds after the first epoch; then run it to the end.

        Ctrl-C reaches DVC and the training, any other signal DVC alone.
        """
        running = self.start()
        self.wait_for_an_epoch(running)
        time.sleep(moment)
        was_running = running.poll() is None
        if was_running:
            (os.killpg if number == signal.SIGINT else os.kill)(running.pid, number)
        running.wait()
        end = time.monotonic() + GRACE_SECONDS
        while (orphans := self.processes()) and time.monotonic() < end:
            time.sleep(0.1)
        digest, _ = self.run_to_the_end()
        return Outcome(number, moment, was_running, digest == self.expected, len(orphans))

    def processes(self) -> list[int]:
        """Processes that work in the project's folder."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdecimal() and (entry / "cwd").readlink() == self.folder:
                    found.append(int(entry.name))
            except OSError:  # it has ended, or is somebody else's
                continue
        return found


def main(times: int) -> None:
    """Stop a training so often with each signal, and say how it went."""
    moments = random.Random(0)
    with tempfile.TemporaryDirectory() as folder:
        project = InterruptedProject(Path(folder).resolve())
        print(f"uninterrupted: {project.expected[:12]}, {project.seconds:.1f} s", flush=True)
        outcomes = []
        for number in SIGNALS * times:
            outcomes.append(project.interrupt(number, moments.uniform(0, project.seconds)))
            print(*outcomes[-1], flush=True)
    for number in SIGNALS:
        of = [one for one in outcomes if one.number == number]
        print(
            f"{number.name}: {sum(one.was_running for one in of)} of {len(of)} stopped in time, "
            f"{sum(one.is_equal for one in of)} with equal weights, "
            f"{sum(one.orphans for one in of)} orphans"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]))

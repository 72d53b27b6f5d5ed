"""A training that is stopped through DVC goes on to the same weights and leaves no process."""

from __future__ import annotations

from pathlib import Path

import pytest
from interrupted_repro import SIGNALS, InterruptedProject


@pytest.mark.slow
def test_repro_that_was_stopped_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    project = InterruptedProject(tmp_path.resolve())
    for number, part in zip(SIGNALS, (0.2, 0.4, 0.6), strict=True):
        outcome = project.interrupt(number, part * project.seconds)
        assert outcome.was_running, number
        assert outcome.is_equal, number
        assert outcome.orphans == 0, number

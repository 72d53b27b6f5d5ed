"""Fixtures that more than one test file uses."""

from __future__ import annotations

import pytest
import torch


@pytest.fixture(autouse=True)
def usual_torch() -> None:
    """Tests run side by side, one core each, and no test inherits what a stage has set."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(False)


@pytest.fixture
def deterministic(usual_torch: None) -> None:
    """Refuse operations without a deterministic implementation."""
    torch.use_deterministic_algorithms(True)


@pytest.fixture(autouse=True)
def same_random_numbers() -> None:
    """Each test draws the same numbers in every run, whatever ran before it."""
    torch.manual_seed(0)

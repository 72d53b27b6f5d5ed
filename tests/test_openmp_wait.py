"""How OpenMP's threads wait for each other: shortly, unless the user has said otherwise."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def spin_count(**user: str) -> str | None:
    """``GOMP_SPINCOUNT`` as torch finds it in a stage, whose first import is of ``segnet``."""
    own = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
    environment = {key: value for key, value in os.environ.items() if key not in own} | user
    code = (
        "import sys, os, pipelines.prepare; assert 'torch' not in sys.modules; "
        "print(os.environ.get('GOMP_SPINCOUNT'))"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    )
    return finished.stdout.strip()


def test_threads_spin_shortly() -> None:
    assert spin_count() == "100"


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [("GOMP_SPINCOUNT", "7", "7"), ("OMP_WAIT_POLICY", "active", "None")],
)
def test_what_the_user_says_wins(variable: str, value: str, expected: str) -> None:
    assert spin_count(**{variable: value}) == expected

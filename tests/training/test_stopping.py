"""A training that is stopped at any step goes on to the same bits; a damaged state is no state."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from test_loop import equal, run, scores, tiny_network

from segnet.models.weight_files import copy_weights
from segnet.training import checkpoint
from segnet.training.checkpoint import load_state, save_state
from segnet.training.loop import TrainingStoppedError

STEPS = 4 * 3
"""Of the whole training: ``fake_split`` has 6 images, the recipe batches of 2."""


def stop_after(steps: int) -> Callable[[], bool]:
    """Says yes once, after that many steps."""
    asked = iter(range(1, 10**6))
    return lambda: next(asked) == steps


@pytest.mark.parametrize("steps", [1, 3, 4, 8, STEPS])
def test_stopped_run_goes_on_to_the_same_bits(steps: int, tmp_path: Path) -> None:
    whole, resumed = tiny_network(), tiny_network()
    expected = run(tmp_path / "whole.pt", whole)
    with pytest.raises(TrainingStoppedError):
        run(tmp_path / "state.pt", tiny_network(), should_stop=stop_after(steps))
    done: list[int] = []
    progress = run(tmp_path / "state.pt", resumed, on_step=done.append)
    assert len(done) == STEPS - steps
    np.testing.assert_array_equal(scores(progress), scores(expected))
    assert equal(copy_weights(resumed), copy_weights(whole))
    assert equal(progress.selected_weights, expected.selected_weights)


def test_run_that_is_stopped_again_and_again_ends_with_the_same_bits(tmp_path: Path) -> None:
    whole, network = tiny_network(), tiny_network()
    run(tmp_path / "whole.pt", whole)
    for _ in range(STEPS):
        with pytest.raises(TrainingStoppedError):
            run(tmp_path / "state.pt", tiny_network(), should_stop=stop_after(1))
    run(tmp_path / "state.pt", network)
    assert equal(copy_weights(network), copy_weights(whole))


@pytest.mark.parametrize("place", [0, 40, -1])
def test_flipped_byte_starts_the_training_anew(
    place: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "state.pt"
    save_state({"epoch": 1, "weights": torch.ones(3)}, path)
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    assert load_state(path) is None
    assert "damaged: the training starts anew" in capsys.readouterr().err


@pytest.mark.parametrize("size", [0, 10, 100])
def test_cut_state_starts_the_training_anew(size: int, tmp_path: Path) -> None:
    path = tmp_path / "state.pt"
    save_state({"epoch": 1}, path)
    path.write_bytes(path.read_bytes()[:size])
    assert load_state(path) is None


def test_full_disk_is_a_warning_and_the_training_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_space(path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, "write_bytes", no_space)
    save_state({"epoch": 1}, tmp_path / "state.pt")
    assert "could not be written (No space left on device)" in capsys.readouterr().err

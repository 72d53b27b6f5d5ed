"""Weights as files: readable by others, equal to the bit, and damage is named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from segnet.errors import UserError
from segnet.models.weight_files import copy_weights, load_weights, save_weights


def network(channels: int = 2) -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, channels, 3), nn.BatchNorm2d(channels))


def test_weights_come_back_to_the_bit_and_others_can_read_them(tmp_path: Path) -> None:
    path = tmp_path / "folder/selected.safetensors"
    before = os.umask(0o022)
    try:
        one, other = network(), network()
        save_weights(copy_weights(one), path)
    finally:
        os.umask(before)
    load_weights(other, path)
    for name, tensor in one.state_dict().items():
        assert torch.equal(other.state_dict()[name], tensor)
        assert torch.equal(load_file(path)[name], tensor)
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 7, b"\xff" * 100, b"\x02\x00\x00\x00\x00\x00\x00\x00{}"]
)
def test_damaged_weights_are_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "selected.safetensors"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"selected\.safetensors (is damaged|belongs to another)"):
        load_weights(network(), path)


def test_cut_weights_are_damaged(tmp_path: Path) -> None:
    path = tmp_path / "selected.safetensors"
    save_weights(copy_weights(network()), path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UserError, match=r"is damaged .*Delete it, then run `dvc repro`"):
        load_weights(network(), path)


def test_weights_of_another_network_and_missing_weights_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "selected.safetensors"
    with pytest.raises(UserError, match="has not been trained"):
        load_weights(network(), path)
    save_weights(copy_weights(network(3)), path)
    with pytest.raises(UserError, match="belongs to another network"):
        load_weights(network(), path)

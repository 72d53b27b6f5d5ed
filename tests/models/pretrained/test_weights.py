from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from segnet.errors import UserError
from segnet.models.pretrained import FETCH
from segnet.models.pretrained.fetching import vgg16
from segnet.models.pretrained.fetching.vgg16 import tensors_digest

VALUES = np.random.default_rng(0).normal(size=(4, 3, 3, 3)).astype(np.float32)
TENSORS = {
    "features.0.weight": VALUES.astype(np.float16),
    "features.0.bias": np.arange(4, dtype=np.float16),
}
FILE = "vgg16_features.safetensors"


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "mirror" / "weights"
    folder.mkdir(parents=True)
    save_file(TENSORS, folder / FILE)
    monkeypatch.setenv("SEGBENCH_MIRROR", str(tmp_path / "mirror"))
    monkeypatch.setattr(vgg16, "VGG16_TENSORS_SHA256", tensors_digest(TENSORS))
    return folder


def test_random_weights_need_no_file(tmp_path: Path) -> None:
    FETCH["random"](tmp_path / "random/README")
    assert (tmp_path / "random/README").read_text().startswith("Nothing is fetched")


def test_weights_come_from_the_mirror_and_are_kept(mirror: Path, tmp_path: Path) -> None:
    folder = tmp_path / "vgg16"
    vgg16.fetch(folder / FILE)
    np.testing.assert_array_equal(
        load_file(folder / FILE)["features.0.weight"], TENSORS["features.0.weight"]
    )
    (mirror / FILE).unlink()
    vgg16.fetch(folder / FILE)
    assert [path.name for path in folder.iterdir()] == [FILE]


def test_published_weights_become_the_same_tensors(
    mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def place_published_file(urls: list[str], path: Path, *, sha256: str) -> None:
        assert (len(urls), sha256) == (1, "88682ab5")
        state = {
            "features.0.weight": torch.from_numpy(VALUES),
            "features.0.bias": torch.arange(4.0),
            "classifier.0.weight": torch.zeros(2, 2),
        }
        torch.save(state, path)

    monkeypatch.delenv("SEGBENCH_MIRROR")
    monkeypatch.setattr(vgg16, "download", place_published_file)
    vgg16.fetch(tmp_path / "vgg16" / FILE)
    assert tensors_digest(load_file(tmp_path / "vgg16" / FILE)) == tensors_digest(TENSORS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mirror", "vgg16"]


def other_values(path: Path) -> None:
    save_file({**TENSORS, "features.0.bias": np.ones(4, np.float16)}, path)


def other_type(path: Path) -> None:
    save_file({**TENSORS, "features.0.bias": np.arange(4, dtype=np.float32)}, path)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (other_values, "not the published VGG16"),
        (other_type, "not the published VGG16"),
        (cut, "is no safetensors file"),
    ],
)
def test_other_weights_are_an_error_and_nothing_is_left(
    damage: Callable[[Path], None], message: str, mirror: Path, tmp_path: Path
) -> None:
    damage(mirror / FILE)
    with pytest.raises(UserError, match=message):
        vgg16.fetch(tmp_path / "vgg16" / FILE)
    assert list((tmp_path / "vgg16").iterdir()) == []


def test_a_pickle_with_code_is_not_loaded(tmp_path: Path) -> None:
    torch.save({"features.0.weight": print}, tmp_path / "evil.pth")
    with pytest.raises(UserError, match=r"evil\.pth holds no weights"):
        vgg16.convert_vgg16(tmp_path / "evil.pth")

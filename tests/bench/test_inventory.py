from __future__ import annotations

from pathlib import Path

import pytest
from fake_custom import make_custom
from fake_project import write_params

import segnet.losses
import segnet.models
from segnet.bench.config import load_config
from segnet.bench.inventory import Entry, dataset_entries, inventory
from segnet.datasets.registry import DATASETS
from segnet.losses import LOSSES
from segnet.models import MODELS


def entries(changes: dict[str, object] | None = None) -> dict[str, Entry]:
    write_params(Path(), changes)
    return {entry.name: entry for entry in dataset_entries(load_config())}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_data_set_has_its_title_classes_and_licence() -> None:
    camvid = entries()["camvid"]
    assert camvid.what.startswith("CamVid")
    assert camvid.facts.startswith("11 classes, ")


def test_own_data_is_listed_with_how_to_use_it() -> None:
    found = entries()
    assert set(found) == set(DATASETS)
    assert found["custom"].what.startswith("a user's own images and masks")
    assert "segbench run --dataset my.yaml" in found["custom"].facts


def test_own_data_that_is_gone_is_listed_with_the_reason() -> None:
    file = make_custom(Path("data"))
    changes: dict[str, object] = {"datasets.custom": {"file": str(file)}}
    assert entries(changes)["custom"].what == "Discs and boxes"
    file.unlink()
    found = entries(changes)
    assert found["custom"].facts.startswith(f"{file} is no file")
    assert found["camvid"].facts.startswith("11 classes, ")


def test_a_block_of_no_data_set_is_listed_with_the_nearest_name() -> None:
    assert "Did you mean 'camvid'" in entries({"datasets.camvd": {}})["camvd"].facts


def test_loss_and_network_are_listed_as_the_readme_says_to_add_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "halved.py").write_text(
        'SOURCE = "ours"\n\n\n'
        "def halved(logits, targets):\n"
        '    """Half of nothing.\n\n    And more.\n    """\n'
        "    return 0 * logits.sum() / 2\n"
    )
    (tmp_path / "scores.py").write_text(
        "from torch import nn\n\n"
        'SOURCE = "ours"\n\n\n'
        "class Scores(nn.Conv2d):\n"
        '    """One convolution."""\n\n'
        "    def __init__(self, num_classes, *, width=1.0):\n"
        "        super().__init__(3, num_classes, 1)\n"
    )
    for registry, package, name, attribute in (
        (LOSSES, segnet.losses, "halved", "halved"),
        (MODELS, segnet.models, "scores", "Scores"),
    ):
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
        monkeypatch.setitem(registry.attributes, name, attribute)
    monkeypatch.chdir(Path(__file__).parents[2])
    known = {entry.name: entry for entry in inventory()}
    assert known["halved"][:5] == ("loss", "halved", "Half of nothing.", "", "ours")
    assert known["scores"].what == "One convolution."
    assert known["scores"].parameters == 3 * 11 + 11
    assert known["scores"].multiply_adds == 360 * 480 * 3 * 11


def test_networks_and_losses_have_source_size_and_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    known = {(entry.kind, entry.name): entry for entry in inventory()}
    assert {name for kind, name in known if kind == "model"} == set(MODELS)
    v1 = known["model", "segnet_v1"]
    assert v1.parameters == 29_449_355
    # 13 + 13 convolutions of VGG16 and its mirror: 106.7 G multiply-adds, by hand
    assert v1.multiply_adds == pytest.approx(106.7e9, rel=0.001)
    for (kind, _), entry in known.items():
        if kind in ("model", "loss", "recipe"):
            assert entry.what
            assert entry.source

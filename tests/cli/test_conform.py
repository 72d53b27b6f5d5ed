from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from segnet.cli import app

LOSS = """
import torch
from torch.nn import functional as F

def sound(logits, targets):
    summed = F.cross_entropy(logits.float(), targets, ignore_index=255, reduction="sum")
    return summed / (targets != 255).sum().clamp(min=1)

def faulty(logits, targets):
    return F.cross_entropy(logits, targets)

def endless(logits, targets):
    while True:
        pass

def deadly(logits, targets):
    import os
    os._exit(3)

def miou(predicted, masks, num_classes):
    print("the user prints")
    raise ZeroDivisionError("no luck")
"""
NETWORK = """
from torch import nn

class Tiny(nn.Module):
    def __init__(self, n_classes, in_channels, depth=4):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(in_channels, depth, 3, padding=1), nn.ReLU(),
                                    nn.Conv2d(depth, n_classes, 1))

    def forward(self, x):
        return {"out": self.layers(x)}
"""


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(LOSS)
    Path("net.py").write_text(NETWORK)


def conform(*options: str) -> Result:
    return CliRunner().invoke(app, ["conform", *options])


@pytest.mark.slow
def test_a_sound_loss_exits_0() -> None:
    assert conform("--loss", "mine.py:sound").exit_code == 0


def test_a_faulty_loss_exits_1() -> None:
    faulty = conform("--loss", "mine.py:faulty", "--json")
    assert faulty.exit_code == 1
    found = {one["check"]: one for one in json.loads(faulty.stdout)["findings"]}
    assert found["void (255) has no part"]["verdict"] == "fail"
    assert found["takes logits, not probabilities"]["verdict"] == "pass"


@pytest.mark.slow
def test_code_that_does_not_end_is_ended_and_said() -> None:
    found = conform("--loss", "mine.py:endless", "--limit", "20", "--json")
    assert found.exit_code == 1
    (only,) = json.loads(found.stdout)["findings"]
    assert only["verdict"] == "fail"
    assert only["evidence"].startswith("the process was ended after 20 seconds")


def test_code_that_ends_the_process_ends_no_command() -> None:
    found = conform("--loss", "mine.py:deadly", "--json")
    (only,) = json.loads(found.stdout)["findings"]
    assert only["evidence"].startswith("the process ended with status 3")


def test_what_the_code_raises_and_where_is_the_evidence_and_what_it_prints_is_not_shown() -> None:
    found = conform("--metric", "mine.py:miou", "--json")
    assert found.exit_code == 1
    findings = json.loads(found.stdout)["findings"]
    assert "ZeroDivisionError: no luck (mine.py:22)" in findings[0]["evidence"]


@pytest.mark.slow
def test_a_network_is_made_by_the_names_of_its_parameters() -> None:
    found = conform("net.py:Tiny", "--classes", "4", "--with", "depth=8", "--as", "v1", "--json")
    findings = {one["check"]: one for one in json.loads(found.stdout)["findings"]}
    shape = findings["output has a channel a class and the size of the image"]
    assert shape["evidence"].startswith("2x4x64x96")
    parameters = findings["parameters are those of the reference"]
    assert parameters["verdict"] == "fail"
    assert "only here: Conv2d 8x3x3x3 'layers.0'" in parameters["evidence"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "name one thing to check"),
        (("net.py:Tiny", "--loss", "mine.py:sound"), "name one thing to check"),
        (("nets.py:Tiny",), "nets.py does not exist"),
        (("net.py:Tini",), "Did you mean 'Tiny'?"),
        (("net",), "'net' names nothing"),
        pytest.param(
            ("no.such.module:Net",), "there is no module 'no.such.module'", marks=pytest.mark.slow
        ),
        (("net.py:Tiny", "--as", "segnet_v9"), "unknown reference 'segnet_v9'"),
        (("net.py:Tiny", "--with", "depth"), "'depth' is no NAME=VALUE"),
    ],
)
def test_a_mistake_is_one_message(options: tuple[str, ...], message: str) -> None:
    found = conform(*options)
    assert found.exit_code == 1
    assert message in str(found.exception)

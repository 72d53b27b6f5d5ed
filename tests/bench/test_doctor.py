from __future__ import annotations

from pathlib import Path

import pytest
from fake_project import write_params

from segnet.bench.config import load_config
from segnet.bench.doctor import Finding, examine


def mirror_finding(mirror: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Finding:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SEGBENCH_MIRROR", mirror)
    write_params(folder)
    return next(one for one in examine(load_config()) if one.what == "mirror")


@pytest.mark.parametrize("mirror", ["https://mirror.example/data", "http://10.0.0.1", "."])
def test_a_mirror_is_an_address_or_a_folder(
    mirror: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mirror_finding(mirror, tmp_path, monkeypatch) == ("mirror", mirror, "")


@pytest.mark.parametrize("mirror", ["ftp://mirror.example", "nowhere"])
def test_another_mirror_is_to_be_corrected(
    mirror: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = mirror_finding(mirror, tmp_path, monkeypatch)
    assert finding.found == f"{mirror} is neither a folder nor an address"
    assert finding.next_step == "correct or unset SEGBENCH_MIRROR"


def test_an_empty_mirror_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert mirror_finding("", tmp_path, monkeypatch).found == "not set"

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fakes import CAMVID_SIZES, files_of, make_camvid, serve
from safetensors.numpy import save_file

from segnet.datasets import camvid
from segnet.datasets.fetching import transfer
from segnet.datasets.fetching.manifest import read_manifest
from segnet.datasets.fetching.published_files import mirror_entry
from segnet.datasets.fetching.write_manifest import write_manifest
from segnet.errors import UserError
from segnet.models.pretrained import weights_file
from segnet.models.pretrained.fetching import vgg16

IMAGE = bytes(range(256)) * 1024
FOLDER = "camvid/train"
ASKED = ["MANIFEST", f"{FOLDER}/a b.png", f"{FOLDER}/c%.png"]


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small mirror with its manifest; the project is another, empty folder."""
    folder = tmp_path / "mirror"
    (folder / FOLDER).mkdir(parents=True)
    (folder / FOLDER / "a b.png").write_bytes(IMAGE)
    (folder / FOLDER / "c%.png").write_bytes(b"c")
    (folder / "camvid/train.txt").write_bytes(b"a")
    (folder / ".hidden").write_bytes(b"not listed")
    write_manifest(folder)
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setattr(transfer, "FIRST_PAUSE_S", 0.0)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return folder


def fetch_entry(
    mirror: Path, monkeypatch: pytest.MonkeyPatch, *, faults: tuple[str, ...] = ()
) -> tuple[Path, list[str], list[str | None]]:
    """The downloaded folder, what was asked for, and from which byte on."""
    with serve(files_of(mirror), faults=faults) as server:
        # one address, as a server on another port would be another mirror
        monkeypatch.setenv("SEGBENCH_MIRROR", f"{server.address}/")
        entry = mirror_entry(FOLDER)
        assert entry is not None
        again = mirror_entry(FOLDER)
    assert again == entry
    assert server.paths[-1] == "MANIFEST"  # the second time, all is there
    return entry, server.paths[:-1], server.ranges[:-1]


def test_the_manifest_lists_every_file_with_its_digest(mirror: Path) -> None:
    digest = hashlib.sha256(IMAGE).hexdigest()
    assert (mirror / "MANIFEST").read_text().splitlines()[1] == f"{digest} 262144 {ASKED[1]}"
    files = read_manifest(mirror / "MANIFEST")
    assert [file.path for file in files] == ["camvid/train.txt", *ASKED[1:]]
    assert [file.size_bytes for file in files] == [1, 262144, 1]


def test_the_documented_command_writes_the_manifest(mirror: Path) -> None:
    (mirror / "MANIFEST").unlink()
    command = [sys.executable, "-m", "segnet.datasets.fetching.write_manifest", str(mirror)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, f"{mirror / 'MANIFEST'}\n")
    assert result.stderr.startswith("MANIFEST: 3 files in ")
    assert len(read_manifest(mirror / "MANIFEST")) == 3


@pytest.mark.parametrize(
    "line", ["abc 1 a", "0" * 64 + " x a", "0" * 64 + " 1 ../a", "0" * 64 + " 1 /a", "<html>"]
)
def test_a_line_of_another_form_is_an_error_with_its_number(line: str, tmp_path: Path) -> None:
    (tmp_path / "MANIFEST").write_text("0" * 64 + f" 1 a\n{line}\n")
    with pytest.raises(UserError, match=r"MANIFEST:2: .*is not 'SHA256 SIZE PATH'"):
        read_manifest(tmp_path / "MANIFEST")


@pytest.mark.parametrize(
    ("faults", "asked", "ranges"),
    [
        ((), ASKED, [None, None, None]),
        (("503", "503"), [*ASKED[:1] * 2, *ASKED], [None] * 5),
        (("", "503", "503"), [ASKED[0], *[ASKED[1]] * 2, *ASKED[1:]], [None] * 5),
        (("", "cut"), [*ASKED[:2], *ASKED[1:]], [None, None, "bytes=131072-", None]),
    ],
    ids=["no fault", "503 twice", "503 twice in the entry", "cut at 50 %"],
)
def test_a_folder_comes_whole_from_an_address(
    faults: tuple[str, ...],
    asked: list[str],
    ranges: list[str | None],
    mirror: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry, asked_for, from_byte = fetch_entry(mirror, monkeypatch, faults=faults)
    assert files_of(entry) == files_of(mirror / FOLDER)
    assert (asked_for, from_byte) == (asked, ranges)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("wrong byte", "the file has SHA-256"),
        ("too long", "sends more than the 262144 bytes"),
        ("too short", "has 262143 bytes, not 262144"),
        ("404", "status 404"),
    ],
)
def test_another_file_than_the_manifest_says_is_an_error_that_names_it(
    fault: str, message: str, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(files_of(mirror), faults=["", fault]) as server:
        monkeypatch.setenv("SEGBENCH_MIRROR", server.address)
        with pytest.raises(UserError, match=rf"a b\.png cannot .*\n.*a%20b\.png: .*{message}"):
            mirror_entry(FOLDER)
        assert [path.name for path in Path().rglob("*") if path.is_file()] == ["MANIFEST"]


def test_a_single_file_comes_from_an_address(mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(files_of(mirror)) as server:
        monkeypatch.setenv("SEGBENCH_MIRROR", server.address)
        entry = mirror_entry("camvid/train.txt")
        assert entry is not None
        assert entry.read_bytes() == b"a"
        with pytest.raises(UserError, match=rf"the mirror has no {server.address}/camvid/tra "):
            mirror_entry("camvid/tra")


def test_an_address_without_a_manifest_is_an_error(
    mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve({}) as server:
        monkeypatch.setenv("SEGBENCH_MIRROR", server.address)
        with pytest.raises(UserError, match=r"MANIFEST cannot be downloaded:\n.*status 404"):
            mirror_entry(FOLDER)


def test_a_mirror_that_changed_is_downloaded_again(
    mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = files_of(mirror)
    with serve(files) as server:
        monkeypatch.setenv("SEGBENCH_MIRROR", server.address)
        mirror_entry(FOLDER)
        (mirror / FOLDER / "c%.png").write_bytes(b"changed")
        (mirror / FOLDER / "a b.png").rename(mirror / FOLDER / "renamed.png")
        write_manifest(mirror)
        files.clear()
        files.update(files_of(mirror))
        entry = mirror_entry(FOLDER)
    assert entry is not None
    assert files_of(entry) == files_of(mirror / FOLDER)


def test_camvid_is_fetched_from_an_address(mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camvid, "SPLIT_SIZES", CAMVID_SIZES)
    make_camvid(mirror / "other/camvid")
    write_manifest(mirror / "other")
    with serve(files_of(mirror / "other"), faults=["503", "", "cut"]) as server:
        monkeypatch.setenv("SEGBENCH_MIRROR", server.address)
        camvid.fetch(Path("data/raw/camvid"))
    assert files_of(Path("data/raw/camvid")) == files_of(mirror / "other/camvid")


def test_weights_are_fetched_from_an_address(mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tensors = {"features.0.bias": np.arange(4, dtype=np.float16)}
    (mirror / "weights").mkdir()
    save_file(tensors, mirror / "weights" / weights_file("vgg16").name)
    write_manifest(mirror)
    monkeypatch.setattr(vgg16, "VGG16_TENSORS_SHA256", vgg16.tensors_digest(tensors))
    with serve(files_of(mirror)) as server:
        monkeypatch.setenv("SEGBENCH_MIRROR", server.address)
        vgg16.fetch(weights_file("vgg16"))
    assert files_of(Path("data/weights/vgg16")) == files_of(mirror / "weights")

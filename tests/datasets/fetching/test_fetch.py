from __future__ import annotations

import hashlib
import socket
from pathlib import Path

import pytest
from fakes import serve

from segnet.datasets.fetching import transfer
from segnet.datasets.fetching.published_files import download, mirror_entry
from segnet.errors import UserError

CONTENT = bytes(range(256)) * 4096
SHA256 = hashlib.sha256(CONTENT).hexdigest()
HALF = f"bytes={len(CONTENT) // 2}-"


@pytest.fixture(autouse=True)
def _no_pause_and_no_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "FIRST_PAUSE_S", 0.0)
    monkeypatch.delenv("SEGBENCH_MIRROR", raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def test_a_file_arrives_whole_with_a_progress_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve({"data.zip": CONTENT}) as server:
        path = download(
            [f"{server.address}/data.zip"],
            tmp_path / "new" / "data.zip",
            size_bytes=len(CONTENT),
            sha256=SHA256,
        )
    assert path == tmp_path / "new" / "data.zip"
    assert path.read_bytes() == CONTENT
    assert [one.name for one in path.parent.iterdir()] == ["data.zip"]
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("data.zip: 1.049 MB in ")


@pytest.mark.parametrize(
    ("faults", "ranges"),
    [
        (["503", "503"], [None, None, None]),
        (["429"], [None, None]),
        (["cut"], [None, HALF]),
        (["cut", "503"], [None, HALF, HALF]),
        (["cut", "ignore range"], [None, HALF]),
        (["cut", "other range"], [None, HALF, None]),
    ],
)
def test_a_failure_that_passes_is_tried_again_from_where_it_broke(
    faults: list[str], ranges: list[str | None], tmp_path: Path
) -> None:
    with serve({"data.zip": CONTENT}, faults=faults) as server:
        path = download([f"{server.address}/data.zip"], tmp_path / "data.zip", sha256=SHA256)
    assert path.read_bytes() == CONTENT
    assert server.ranges == ranges


def test_the_next_run_continues_a_part(tmp_path: Path) -> None:
    (tmp_path / "data.zip.part").write_bytes(CONTENT[:1000])
    with serve({"data.zip": CONTENT}) as server:
        path = download([f"{server.address}/data.zip"], tmp_path / "data.zip", sha256=SHA256)
    assert path.read_bytes() == CONTENT
    assert server.ranges == ["bytes=1000-"]


def test_a_part_that_is_whole_is_not_downloaded_again(tmp_path: Path) -> None:
    (tmp_path / "data.zip.part").write_bytes(CONTENT)
    with serve({"data.zip": CONTENT}) as server:
        path = download([f"{server.address}/data.zip"], tmp_path / "data.zip", sha256=SHA256)
    assert path.read_bytes() == CONTENT
    assert server.ranges == [f"bytes={len(CONTENT)}-"]


def test_a_part_that_is_longer_than_the_file_is_thrown_away(tmp_path: Path) -> None:
    (tmp_path / "data.zip.part").write_bytes(CONTENT + b"more")
    with serve({"data.zip": CONTENT}) as server:
        path = download([f"{server.address}/data.zip"], tmp_path / "data.zip", sha256=SHA256)
    assert path.read_bytes() == CONTENT


def test_the_second_address_is_used_if_the_first_fails(tmp_path: Path) -> None:
    with serve({"data.zip": CONTENT}) as server:
        urls = [f"{server.address}/gone.zip", f"{server.address}/data.zip"]
        assert download(urls, tmp_path / "data.zip").read_bytes() == CONTENT
    assert len(server.ranges) == 2


@pytest.mark.parametrize(
    ("faults", "requests"),
    [
        (["404"], 1),
        (["403"], 1),
        (["410"], 1),
        (["501"], 1),
        (["408"] * 9, transfer.ATTEMPTS),
        (["429"] * 9, transfer.ATTEMPTS),
        (["503"] * 9, transfer.ATTEMPTS),
    ],
)
def test_a_failure_says_which_address_where_to_put_the_file_and_how_to_mirror(
    faults: list[str], requests: int, tmp_path: Path
) -> None:
    with serve({"data.zip": CONTENT}, faults=faults) as server:
        url = f"{server.address}/data.zip"
        with pytest.raises(UserError) as raised:
            download([url], tmp_path / "data.zip")
    for part in (url, faults[0], str(tmp_path / "data.zip"), "SEGBENCH_MIRROR"):
        assert part in str(raised.value)
    assert len(server.ranges) == requests
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["ftp://a/data.zip", "data.zip", "http://[/data.zip"])
def test_an_address_that_is_none_is_not_tried_again(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer.time, "sleep", lambda seconds: pytest.fail("waited"))
    with pytest.raises(UserError, match=r"data\.zip cannot be downloaded"):
        download([url], tmp_path / "data.zip")


def test_no_network_is_an_error_that_names_the_address(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/data.zip"
        with pytest.raises(UserError, match=f"{url}: ConnectionError"):
            download([url], tmp_path / "data.zip")


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({"size_bytes": 7}, "sends more than the 7 bytes"),
        ({"size_bytes": 2**21}, "has 1048576 bytes, not 2097152"),
        ({"sha256": "cafe"}, f"{SHA256}, not cafe"),
    ],
)
def test_wrong_content_is_an_error_and_is_not_kept(
    expected: dict[str, object], message: str, tmp_path: Path
) -> None:
    with (
        serve({"data.zip": CONTENT}) as server,
        pytest.raises(UserError, match=message),
    ):
        download([f"{server.address}/data.zip"], tmp_path / "data.zip", **expected)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("wrong byte", "has SHA-256"),
        ("too long", "sends more than the 1048576 bytes"),
        ("too short", "has 1048575 bytes, not 1048576"),
    ],
)
def test_a_server_that_sends_another_file_is_named_and_the_next_one_is_asked(
    fault: str, message: str, tmp_path: Path
) -> None:
    with serve({"data.zip": CONTENT}, faults=[fault, fault]) as server:
        url, expected = f"{server.address}/data.zip", {"size_bytes": len(CONTENT), "sha256": SHA256}
        with pytest.raises(UserError, match=rf"{url}: .*{message}"):
            download([url], tmp_path / "data.zip", **expected)  # type: ignore[arg-type]
        assert list(tmp_path.iterdir()) == []
        path = download([url, url], tmp_path / "data.zip", **expected)  # type: ignore[arg-type]
    assert path.read_bytes() == CONTENT


def test_a_part_of_another_version_is_thrown_away(tmp_path: Path) -> None:
    (tmp_path / "data.zip.part").write_bytes(b"old" * 1000)
    with serve({"data.zip": CONTENT}) as server:
        path = download([f"{server.address}/data.zip"], tmp_path / "data.zip", sha256=SHA256)
    assert path.read_bytes() == CONTENT
    assert server.ranges == ["bytes=3000-", None]


def test_a_file_put_there_by_hand_needs_no_network(tmp_path: Path) -> None:
    path = tmp_path / "data.zip"
    path.write_bytes(CONTENT)
    assert download(["http://127.0.0.1:9/data.zip"], path, sha256=SHA256[:8]) == path
    with pytest.raises(UserError, match=r"data\.zip has SHA-256 .*Delete it and fetch again"):
        download(["http://127.0.0.1:9/data.zip"], path, sha256="cafe")


def test_the_mirror_is_asked_only_if_it_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mirror_entry("camvid") is None
    monkeypatch.setenv("SEGBENCH_MIRROR", str(tmp_path))
    with pytest.raises(UserError, match=r"the mirror has no .*camvid.*unset SEGBENCH_MIRROR"):
        mirror_entry("camvid")
    (tmp_path / "camvid").mkdir()
    assert mirror_entry("camvid") == tmp_path / "camvid"
    monkeypatch.setenv("SEGBENCH_MIRROR", str(tmp_path / "missing"))
    with pytest.raises(UserError, match=r"SEGBENCH_MIRROR=.*missing is not a folder"):
        mirror_entry("camvid")

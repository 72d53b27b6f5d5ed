from __future__ import annotations

import io
import os
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from segnet.datasets.fetching.archives import extract_archive
from segnet.errors import UserError

Files = dict[str, bytes]
FILES: Files = {
    "repo-1a2b/README": b"no",
    "repo-1a2b/Data/train/a.png": b"A",
    "repo-1a2b/Data/list.txt": b"L",
    "repo-1a2b/Other/Data/b.png": b"no",
}


def write_zip(path: Path, files: Files) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def write_tar(path: Path, files: Files) -> None:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def extract(archive: Path, *, limit_bytes: int = 1000) -> dict[str, bytes]:
    folder = archive.parent / "out"
    folder.mkdir()
    try:
        extract_archive(archive, folder, inside="*/Data", limit_bytes=limit_bytes)
    finally:
        found = {
            path.relative_to(archive.parent).as_posix(): path.read_bytes()
            for path in archive.parent.rglob("*")
            if path.is_file() and path != archive
        }
    return found


@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_only_the_chosen_folder_is_extracted(
    write: Callable[[Path, Files], None], tmp_path: Path
) -> None:
    write(tmp_path / "archive", FILES)
    assert extract(tmp_path / "archive") == {"out/train/a.png": b"A", "out/list.txt": b"L"}


@pytest.mark.parametrize("write", [write_zip, write_tar])
@pytest.mark.parametrize(
    "name",
    ["/tmp/evil", "../evil", "repo/Data/../../../evil", "..\\evil", "\\evil", "C:/evil"],
)
def test_a_path_that_points_outside_is_an_error(
    name: str, write: Callable[[Path, Files], None], tmp_path: Path
) -> None:
    write(tmp_path / "archive", {**FILES, name: b"evil"})
    with pytest.raises(UserError, match="points outside"):
        extract(tmp_path / "archive")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive", "out"]
    assert list((tmp_path / "out").iterdir()) == []


def zip_with_symlink(path: Path) -> None:
    link = zipfile.ZipInfo("repo/Data/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("repo/Data/a.png", b"A")
        archive.writestr(link, "/etc/passwd")


def tar_with(path: Path, kind: bytes) -> None:
    with tarfile.open(path, "w") as archive:
        info = tarfile.TarInfo("repo/Data/link")
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)


@pytest.mark.parametrize(
    "write",
    [
        zip_with_symlink,
        lambda path: tar_with(path, tarfile.SYMTYPE),
        lambda path: tar_with(path, tarfile.LNKTYPE),
        lambda path: tar_with(path, tarfile.FIFOTYPE),
    ],
    ids=["zip symlink", "tar symlink", "tar hard link", "tar pipe"],
)
def test_a_link_or_device_is_an_error(write: Callable[[Path], None], tmp_path: Path) -> None:
    write(tmp_path / "archive")
    with pytest.raises(UserError, match="link or device 'repo/Data/link'"):
        extract(tmp_path / "archive")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_an_archive_that_unpacks_to_too_much_is_an_error(
    write: Callable[[Path, Files], None], tmp_path: Path
) -> None:
    write(tmp_path / "archive", {"repo/Data/bomb": bytes(5000)})
    with pytest.raises(UserError, match="unpack to 5000 bytes, more than the 1000"):
        extract(tmp_path / "archive")


def claim(archive: Path, size: int, claimed: int) -> None:
    """Write another size into every header of a zip file."""
    true, false = struct.pack("<I", size), struct.pack("<I", claimed)
    assert archive.read_bytes().count(true) == 2
    archive.write_bytes(archive.read_bytes().replace(true, false))


@pytest.mark.parametrize(("claimed", "message"), [(300, "Bad CRC-32"), (90_000, "not 90000")])
def test_a_bomb_that_lies_about_its_size_writes_no_more_than_it_says(
    claimed: int, message: str, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "archive", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("repo/Data/bomb", bytes(60_000))
    claim(tmp_path / "archive", 60_000, claimed)
    with pytest.raises(UserError, match=f"archive is damaged.*{message}"):
        extract(tmp_path / "archive", limit_bytes=100_000)
    written = (path.stat().st_size for path in (tmp_path / "out").iterdir())
    assert sum(written) <= claimed


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compression_that_may_fill_the_memory_is_an_error(method: int, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "archive", "w", method) as archive:
        archive.writestr("repo/Data/a", b"A")
    with pytest.raises(UserError, match=r"'repo/Data/a' with a password or an uncommon"):
        extract(tmp_path / "archive")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_zip_with_a_password_is_an_error(tmp_path: Path) -> None:
    write_zip(tmp_path / "archive", {"repo/Data/a": b"A"})
    content = bytearray((tmp_path / "archive").read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1  # the flags of the central directory
    (tmp_path / "archive").write_bytes(content)
    with pytest.raises(UserError, match="with a password"):
        extract(tmp_path / "archive")


@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_a_name_that_is_a_file_and_a_folder_is_an_error(
    write: Callable[[Path, Files], None], tmp_path: Path
) -> None:
    write(tmp_path / "archive", {"repo/Data/a": b"A", "repo/Data/a/b": b"B"})
    with pytest.raises(UserError, match="archive is damaged"):
        extract(tmp_path / "archive")


def test_only_files_that_match_a_pattern_are_chosen_and_counted(tmp_path: Path) -> None:
    write_tar(tmp_path / "archive", {**FILES, "repo/Data/huge": bytes(5000)})
    out = tmp_path / "out"
    out.mkdir()
    only = ("train/*.png", "absent/*")
    extract_archive(tmp_path / "archive", out, inside="*/Data", limit_bytes=100, only=only)
    assert [path.relative_to(out).as_posix() for path in out.rglob("*.*")] == ["train/a.png"]


def test_an_archive_without_a_top_folder_is_read_whole(tmp_path: Path) -> None:
    """As ``tar -C folder -czf archive .`` packs it: its first member is named '.'."""
    packed, out = tmp_path / "packed", tmp_path / "out"
    packed.mkdir()
    out.mkdir()
    (packed / "a.png").write_bytes(b"A")
    with tarfile.open(tmp_path / "archive", "w:gz") as archive:
        archive.add(packed, arcname=".")
    extract_archive(tmp_path / "archive", out, inside=".", limit_bytes=100)
    assert [path.name for path in out.iterdir()] == ["a.png"]


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"PK\x05\x06" + bytes(9)])
def test_a_file_that_is_no_archive_is_an_error(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "archive").write_bytes(content)
    with pytest.raises(
        UserError,
        match=r"archive (is damaged|has no files|is neither a zip nor a tar file).*fetch again",
    ):
        extract(tmp_path / "archive")


def zero_some(content: bytes) -> bytes:
    return content[:400] + bytes(20) + content[420:]


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


@pytest.mark.parametrize(("write", "damage"), [(write_zip, zero_some), (write_tar, cut)])
def test_a_damaged_archive_is_an_error(
    write: Callable[[Path, Files], None], damage: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    write(archive, {"repo/Data/a": os.urandom(9000)})
    archive.write_bytes(damage(archive.read_bytes()))
    with pytest.raises(UserError, match="archive is damaged"):
        extract(archive, limit_bytes=10_000)


def test_an_archive_of_too_many_entries_is_an_error(tmp_path: Path) -> None:
    for write in (write_zip, write_tar):
        write(tmp_path / "archive", {f"repo/Data/{number}": b"" for number in range(12)})
        with pytest.raises(UserError, match=r"more than the 11 entries"):
            extract_archive(
                tmp_path / "archive", tmp_path, inside="*/Data", limit_bytes=1, limit_files=11
            )
        extract_archive(
            tmp_path / "archive", tmp_path, inside="*/Data", limit_bytes=1, limit_files=12
        )


@pytest.mark.parametrize("compression", ["gz", "bz2", "xz"])
def test_a_tar_file_is_not_looked_through_without_end(compression: str, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "archive", f"w:{compression}") as archive:
        for name, size in (("repo/Other/zeros", 2**23), ("repo/Data/a", 1)):
            info = tarfile.TarInfo(name)
            info.size = size
            archive.addfile(info, io.BytesIO(bytes(size)))
    assert (tmp_path / "archive").stat().st_size < 20_000
    with pytest.raises(UserError, match=r"archive unpacks to more than the \d+ bytes"):
        extract(tmp_path / "archive")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_header_that_claims_to_be_huge_is_not_read(tmp_path: Path) -> None:
    header = tarfile.TarInfo("pax")
    header.type, header.size = tarfile.XHDTYPE, 2**33 - 1
    (tmp_path / "archive").write_bytes(header.tobuf(tarfile.USTAR_FORMAT) + bytes(2**16))
    with pytest.raises(UserError, match="unpacks to more than"):
        extract(tmp_path / "archive")

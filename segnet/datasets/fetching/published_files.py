"""Published files: from a mirror if ``SEGBENCH_MIRROR`` names one, else from the network.

The mirror is a folder, or the address of one with a ``MANIFEST``
(:mod:`segnet.datasets.fetching.manifest`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import requests

from segnet.datasets.fetching import manifest
from segnet.datasets.fetching.transfer import UnavailableError, transfer
from segnet.datasets.progress import progress
from segnet.errors import UserError

MIRROR_VARIABLE = "SEGBENCH_MIRROR"
DOWNLOADED_MIRROR = Path("data/mirror")
"""Where the entries of a mirror with an address go. It may be deleted once all is fetched."""


def mirror_entry(relative: str) -> Path | None:
    """The file or folder ``relative`` of the mirror; None if no mirror is set.

    Of a mirror with an address, the entry is downloaded first: what has arrived and is right stays
    and is not asked for again.

    Raises:
        UserError: if the mirror is neither a folder nor an address, has no such entry, or a file
            of it cannot be downloaded or differs from the mirror's manifest.
    """
    mirror = os.environ.get(MIRROR_VARIABLE)
    if not mirror:
        return None
    if mirror.startswith(("http://", "https://")):
        return _download_entry(mirror.rstrip("/"), relative)
    if not Path(mirror).is_dir():
        raise UserError(
            f"{MIRROR_VARIABLE}={mirror} is not a folder. Set it to the folder that holds the "
            "mirror or to its address (http:// or https://), or unset it to download."
        )
    entry = Path(mirror) / relative
    if not entry.exists():
        raise _no_entry(entry, mirror)
    return entry


def _no_entry(entry: Path | str, mirror: str) -> UserError:
    return UserError(
        f"the mirror has no {entry} ({MIRROR_VARIABLE}={mirror}). "
        f"Copy it there, or unset {MIRROR_VARIABLE} to download."
    )


def _download_entry(address: str, relative: str) -> Path:
    """Download a file or a folder of a mirror; every file is checked against its manifest."""
    folder = DOWNLOADED_MIRROR / hashlib.sha256(address.encode()).hexdigest()[:12]
    with requests.Session() as session:
        listing = folder / manifest.NAME
        listing.unlink(missing_ok=True)  # the mirror may have changed
        _download([f"{address}/{manifest.NAME}"], listing, session=session)
        files = [
            file
            for file in manifest.read_manifest(listing)
            if file.path == relative or file.path.startswith(f"{relative}/")
        ]
        if not files:
            raise _no_entry(f"{address}/{relative}", address)
        total_mb = sum(file.size_bytes for file in files) / 1e6
        with progress(f"mirror: {relative}", total_mb, unit="MB") as advance:
            for file in files:
                path, expected = folder / file.path, (file.size_bytes, file.sha256)
                if path.exists() and _wrong_content(path, *expected):
                    path.unlink()
                url = f"{address}/{quote(file.path)}"
                _download([url], path, *expected, session=session, show_progress=False)
                advance(file.size_bytes / 1e6)
    entry, listed = folder / relative, {folder / file.path for file in files}
    for path in entry.rglob("*"):
        if path.is_file() and path not in listed:  # of an earlier version of the mirror
            path.unlink()
    return entry


def download(
    urls: Sequence[str], path: Path, *, size_bytes: int | None = None, sha256: str = ""
) -> Path:
    """Download a file from the first address that answers, whole or not at all.

    What has arrived stays in ``<path>.part`` and is continued next time. A file that is at ``path``
    already is checked and used without a network.

    Args:
        urls: addresses of the same content, in order of preference.
        path: where the file goes.
        size_bytes: its size, if known.
        sha256: its SHA-256 in hexadecimal, or the beginning of it; empty if not known.

    Returns:
        ``path``.

    Raises:
        UserError: if no address works, or the content is not the expected one.
    """
    with requests.Session() as session:
        return _download(urls, path, size_bytes, sha256, session=session)


def _download(
    urls: Sequence[str],
    path: Path,
    size_bytes: int | None = None,
    sha256: str = "",
    *,
    session: requests.Session,
    show_progress: bool = True,
) -> Path:
    if path.exists():
        if problem := _wrong_content(path, size_bytes, sha256):
            raise UserError(f"{path} {problem}. Delete it and fetch again.")
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    failures = []
    for url in urls:
        try:
            problem = _fill(part, url, size_bytes, sha256, session, show_progress)
        except UnavailableError as error:
            problem = str(error)
        if problem:
            failures.append(f"  {url}: {problem}")
            continue
        part.replace(path)
        return path
    raise UserError(
        "\n".join((f"{path.name} cannot be downloaded:", *failures))
        + f"\nRun it again to continue, put the file at {path} by hand, "
        f"or set {MIRROR_VARIABLE} to a folder or an address that mirrors the data."
    )


def _fill(
    part: Path,
    url: str,
    size_bytes: int | None,
    sha256: str,
    session: requests.Session,
    show_progress: bool,
) -> str:
    """Complete ``part`` from an address; what is wrong with it then, or an empty string."""
    problem = ""
    for _ in range(2 if part.exists() else 1):  # an old part may be of another version
        transfer(url, part, session=session, size_bytes=size_bytes, show_progress=show_progress)
        if not (problem := _wrong_content(part, size_bytes, sha256)):
            return ""
        part.unlink()
    return f"the file {problem}"


def _wrong_content(path: Path, size_bytes: int | None, sha256: str) -> str:
    """What is wrong with a file, or an empty string."""
    if size_bytes is not None and path.stat().st_size != size_bytes:
        return f"has {path.stat().st_size} bytes, not {size_bytes}"
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return "" if digest.startswith(sha256) else f"has SHA-256 {digest}, not {sha256}"

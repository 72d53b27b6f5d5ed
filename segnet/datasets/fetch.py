"""Published files: from a mirror if ``SEGBENCH_MIRROR`` names one, else from the network."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Sequence
from pathlib import Path

import requests

from segnet.datasets.progress import progress
from segnet.errors import UserError

MIRROR_VARIABLE = "SEGBENCH_MIRROR"
ATTEMPTS = 5
FIRST_PAUSE_S = 1.0
"""Pause after the first failed attempt; it doubles with each."""
TIMEOUT_S = (10, 60)
"""To connect, and between two pieces of the answer."""
PIECE_BYTES = 2**16
"""What is lost at most when a connection breaks."""


class _UnavailableError(Exception):
    """One address could not be downloaded; the message says why."""


def mirror_entry(relative: str) -> Path | None:
    """The file or folder ``relative`` of the mirror; None if no mirror is set.

    Raises:
        UserError: if the mirror is set but is no folder, or has no such entry.
    """
    mirror = os.environ.get(MIRROR_VARIABLE)
    if not mirror:
        return None
    if not Path(mirror).is_dir():
        raise UserError(
            f"{MIRROR_VARIABLE}={mirror} is not a folder. Set it to the folder that holds the "
            "mirror (addresses are not supported), or unset it to download."
        )
    entry = Path(mirror) / relative
    if not entry.exists():
        raise UserError(
            f"the mirror has no {entry} ({MIRROR_VARIABLE}={mirror}). "
            f"Copy it there, or unset {MIRROR_VARIABLE} to download."
        )
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
    if path.exists():
        if problem := _wrong_content(path, size_bytes, sha256):
            raise UserError(f"{path} {problem}. Delete it and fetch again.")
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    failures = []
    for url in urls:
        try:
            _download_with_retries(url, part)
        except _UnavailableError as error:
            failures.append(f"  {url}: {error}")
            continue
        if problem := _wrong_content(part, size_bytes, sha256):
            part.unlink()
            failures.append(f"  {url}: the file {problem}")
            continue
        part.replace(path)
        return path
    raise UserError(
        "\n".join((f"{path.name} cannot be downloaded:", *failures))
        + f"\nRun it again to continue, put the file at {path} by hand, "
        f"or set {MIRROR_VARIABLE} to a folder that mirrors the data."
    )


def _wrong_content(path: Path, size_bytes: int | None, sha256: str) -> str:
    """What is wrong with a file, or an empty string."""
    if size_bytes is not None and path.stat().st_size != size_bytes:
        return f"has {path.stat().st_size} bytes, not {size_bytes}"
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return "" if digest.startswith(sha256) else f"has SHA-256 {digest}, not {sha256}"


def _download_with_retries(url: str, part: Path) -> None:
    """Download to ``part``; pauses and continues after a failure that may pass."""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(FIRST_PAUSE_S * 2 ** (attempt - 1))
        try:
            response = _request(url, part)
            with response:
                _receive(response, part)
            return
        except requests.RequestException as error:
            failure = error
    raise _UnavailableError(f"{type(failure).__name__}: {failure} ({ATTEMPTS} attempts)")


def _request(url: str, part: Path) -> requests.Response:
    """Ask for what ``part`` still lacks.

    Raises:
        requests.RequestException: if another attempt may succeed.
        _UnavailableError: if it cannot.
    """
    start = part.stat().st_size if part.exists() else 0
    # identity: sizes and ranges then count the file's own bytes
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    response = requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_S)
    if response.status_code == requests.codes.requested_range_not_satisfiable:
        part.unlink()
    elif 400 <= response.status_code < 500 and response.status_code != requests.codes.too_many:
        response.close()
        raise _UnavailableError(f"status {response.status_code} {response.reason}")
    if not response.ok:
        response.close()
        response.raise_for_status()
    return response


def _receive(response: requests.Response, part: Path) -> None:
    """Append the answer to ``part``, or start anew if the server sends the whole file."""
    is_rest = response.status_code == requests.codes.partial_content
    length = response.headers.get("Content-Length")
    total_mb = int(length) / 1e6 if length else None
    name = part.name.removesuffix(".part")
    with (
        part.open("ab" if is_rest else "wb") as file,
        progress(name, total_mb, unit="MB") as advance,
    ):
        for piece in response.iter_content(PIECE_BYTES):
            file.write(piece)
            advance(len(piece) / 1e6)

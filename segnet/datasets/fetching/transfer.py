"""One file from one address: continued where it broke, tried again where that may help."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import requests

from segnet.datasets.progress import progress

ATTEMPTS = 5
FIRST_PAUSE_S = 1.0
"""Pause after the first failed attempt; it doubles with each."""
TIMEOUT_S = (10, 60)
"""To connect, and between two pieces of the answer."""
PIECE_BYTES = 2**16
"""What is lost at most when a connection breaks."""
MAY_PASS = frozenset((408, 425, 429))
"""Of the statuses that blame the request, those that another attempt may not get."""
NEVER_PASS = frozenset((501, 505, 510))
"""Of the statuses that blame the server, those that every attempt gets."""
HOPELESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.TooManyRedirects,
)
NOTHING_LEFT = requests.codes.requested_range_not_satisfiable


class UnavailableError(Exception):
    """One address could not be downloaded; the message says why."""


def transfer(
    url: str,
    part: Path,
    *,
    session: requests.Session,
    size_bytes: int | None = None,
    show_progress: bool = True,
) -> None:
    """Complete ``part`` from an address.

    Args:
        url: what is asked for.
        part: what has arrived; it need not exist.
        session: keeps the connection from one file to the next.
        size_bytes: the size of the file, if known; a longer answer is not read to its end.
        show_progress: a bar and a closing line.

    Raises:
        UnavailableError: if that address does not give the file.
    """
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(FIRST_PAUSE_S * 2 ** (attempt - 1))
        try:
            with _request(url, part, session) as response:
                if response.status_code != NOTHING_LEFT:
                    _receive(response, part, size_bytes, show_progress)
            return
        except requests.RequestException as error:
            if isinstance(error, HOPELESS) or "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise UnavailableError(f"{type(error).__name__}: {error}") from None
            failure = error
    raise UnavailableError(f"{type(failure).__name__}: {failure} ({ATTEMPTS} attempts)")


def _request(url: str, part: Path, session: requests.Session) -> requests.Response:
    """Ask for what ``part`` still lacks; the answer is ``NOTHING_LEFT`` if it is complete.

    Raises:
        requests.RequestException: if another attempt may succeed.
        UnavailableError: if it cannot.
    """
    start = part.stat().st_size if part.exists() else 0
    # identity: sizes and ranges then count the file's own bytes
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    response = session.get(url, headers=headers, stream=True, timeout=TIMEOUT_S)
    code, rest = response.status_code, response.headers.get("Content-Range", "")
    if code == NOTHING_LEFT and rest == f"bytes */{start}":
        return response  # a process ended between the last byte and the renaming
    is_other_rest = code == requests.codes.partial and not rest.startswith(f"bytes {start}-")
    if code == NOTHING_LEFT or is_other_rest:
        part.unlink(missing_ok=True)
    if response.ok and not is_other_rest:
        return response
    response.close()
    if is_other_rest:
        raise requests.RequestException(f"sent '{rest}' when asked for 'bytes {start}-'")
    may_pass = code in (NOTHING_LEFT, *MAY_PASS) or (code >= 500 and code not in NEVER_PASS)
    if not may_pass:
        raise UnavailableError(f"status {code} {response.reason}")
    raise requests.HTTPError(f"status {code} {response.reason}")


def _receive(
    response: requests.Response, part: Path, size_bytes: int | None, show_progress: bool
) -> None:
    """Append the answer to ``part``, or start anew if the server sends the whole file."""
    is_rest = response.status_code == requests.codes.partial_content
    length = response.headers.get("Content-Length")
    total_mb = int(length) / 1e6 if length else None
    name = part.name.removesuffix(".part")
    bar: AbstractContextManager[Callable[[float], None]] = nullcontext(lambda _: None)
    if show_progress:
        bar = progress(name, total_mb, unit="MB")
    with part.open("ab" if is_rest else "wb") as file, bar as advance:
        for piece in response.iter_content(PIECE_BYTES):
            file.write(piece)
            advance(len(piece) / 1e6)
            if size_bytes is not None and file.tell() > size_bytes:
                break
        else:
            return
    part.unlink()
    raise UnavailableError(f"sends more than the {size_bytes} bytes of the file")

"""The one exception that a user can cause, and the wording of its message."""

from __future__ import annotations

import difflib
import errno
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


class UserError(Exception):
    """Something the user can mend. The message says what is wrong, where, and how to fix it.

    The command line prints it without a traceback and exits with status 1.
    """


DISK_HINTS = {
    errno.ENOSPC: "Free some space and run it again: what is finished is kept, and so is the last "
    "saved state of a training.",
    errno.EROFS: "Work in a copy of the project that can be written.",
    errno.EACCES: "Give yourself the right to write there, or work in a copy of the project.",
}
DISK_HINTS[errno.EDQUOT] = DISK_HINTS[errno.ENOSPC]
DISK_HINTS[errno.EPERM] = DISK_HINTS[errno.EACCES]


@contextmanager
def exit_on_user_error() -> Iterator[None]:
    """Turn a :class:`UserError` into its message on stderr and exit status 1.

    So too a disk that is full or cannot be written, wherever that is met.
    """
    try:
        yield
    except UserError as error:
        message = str(error)
    except OSError as error:
        if error.errno not in DISK_HINTS:
            raise
        where = f"{error.filename}: " if error.filename else ""
        message = f"{where}{error.strerror}. {DISK_HINTS[error.errno]}"
    else:
        return
    print(f"error: {message}", file=sys.stderr)
    raise SystemExit(1)


def nearest(name: str, known: Iterable[str]) -> str:
    """``Did you mean 'x'? `` for the closest known name, or an empty string."""
    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"Did you mean '{matches[0]}'? " if matches else ""


def unknown(what: str, name: str, known: Iterable[str]) -> UserError:
    """An error that lists the known names and the nearest one."""
    names = sorted(known)
    return UserError(f"unknown {what} '{name}'. {nearest(name, names)}Known: {', '.join(names)}.")


def lookup(registry: Mapping[str, T], name: str, *, what: str) -> T:
    """The entry of ``registry`` under ``name``.

    Raises:
        UserError: if there is none; the message lists the known names and the nearest.
    """
    if name not in registry:
        raise unknown(what, name, registry)
    return registry[name]


def expand_short_name(name: str, known: Iterable[str]) -> str:
    """The full model name: ``v1`` stands for ``segnet_v1``; other names stay as they are."""
    names = set(known)
    return f"segnet_{name}" if name not in names and f"segnet_{name}" in names else name

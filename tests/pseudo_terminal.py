"""What a command shows in a terminal of so many columns."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

ROOT = Path(__file__).parents[1]
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def recorded(*arguments: str, columns: int, **variables: str) -> str:
    """The output of ``segbench`` on a pseudo-terminal, as it came; standard error is not in it."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", **variables}
    for name in ("COLUMNS", "LINES"):
        environment.pop(name, None)
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    command = [sys.executable, "-m", "segnet", *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.PIPE, env=environment
    ) as process:
        os.close(theirs)
        written = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # the end of a pseudo-terminal on Linux
                break
            if not piece:
                break
            written += piece
        os.close(ours)
        assert process.stderr is not None
        complaint = process.stderr.read().decode()
    assert process.returncode == 0, complaint
    return written.decode().replace("\r\n", "\n")


def shown(*arguments: str, columns: int, **variables: str) -> str:
    """The same without colours, weights and blanks at the end of a line."""
    text = ESCAPE.sub("", recorded(*arguments, columns=columns, **variables))
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())

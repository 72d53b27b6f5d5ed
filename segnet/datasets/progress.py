"""Progress on stderr: a bar on a terminal, one line at the end everywhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress


@contextmanager
def progress(
    what: str, total: int | float | None, *, unit: str
) -> Iterator[Callable[[float], None]]:
    """Give a function to be called with how much was done since the last call.

    ``total`` None means that the end is not known. The closing line, such as
    ``train: 367 images in 3.1 s (118 images/s)``, is printed only if no exception ends the block.
    """
    console = Console(stderr=True, highlight=False)
    start = time.monotonic()
    done = 0.0
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(escape(what), total=total)

        def advance(amount: int | float) -> None:
            nonlocal done
            done += amount
            bar.advance(task, amount)

        yield advance
    seconds = max(time.monotonic() - start, 1e-9)  # 1e-9: a clock may not tick in an empty block
    line = f"{what}: {done:.4g} {unit} in {seconds:.1f} s ({done / seconds:.3g} {unit}/s)"
    console.print(line, soft_wrap=True, markup=False)

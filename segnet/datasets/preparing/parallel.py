"""A map over all cores that keeps the order and little in memory."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

from segnet.errors import UserError

T = TypeVar("T")
R = TypeVar("R")

WAITING_RESULTS = 4 * (os.cpu_count() or 1)


@contextmanager
def worker_processes() -> Iterator[Executor]:
    """One process a core. Threads share cores while they decode, but not while they draw scenes.

    They are spawned, since forking is unsafe once a library has started threads. They ignore
    Ctrl-C: it ends this process, which then stops them.
    """
    with ProcessPoolExecutor(
        os.cpu_count(),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_IGN),
    ) as executor:
        yield executor


def map_in_order(function: Callable[[T], R], items: Iterable[T], executor: Executor) -> Iterator[R]:
    """The results of ``function`` in the order of ``items``; few wait in memory at a time.

    Raises:
        Exception: the first in order that ``function`` raises; nothing new is started then.
        UserError: if a worker process is killed.
    """
    waiting: deque[Future[R]] = deque()
    try:
        for item in items:
            waiting.append(executor.submit(function, item))
            if len(waiting) > WAITING_RESULTS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool:
        raise UserError(
            "a worker process was killed, most likely for lack of memory. Free some, run it again."
        ) from None
    finally:
        for future in waiting:
            future.cancel()

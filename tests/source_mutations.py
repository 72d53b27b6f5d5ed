"""Changes a line of a function while a test runs, to see that the test notices."""

from __future__ import annotations
import __future__

import inspect
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any

import pytest


@contextmanager
def mutated(function: Callable[..., Any], *changes: tuple[str, str]) -> Iterator[None]:
    """Run a block with other code in a function, for all who hold the function.

    Args:
        function: defined at the top of a module.
        changes: texts of its source and what stands there instead; each must occur exactly once,
            so that a mutation that has lost its line is an error.
    """
    inner = inspect.unwrap(function)
    source = textwrap.dedent(inspect.getsource(inner))
    for old, new in changes:
        assert source.count(old) == 1, f"{inner.__qualname__} has not one {old!r}: mend the test"
        source = source.replace(old, new)
    flag = __future__.annotations.compiler_flag
    module = compile(source, f"<mutated {inner.__qualname__}>", "exec", flag)
    right = inner.__code__
    inner.__code__ = next(
        one
        for one in module.co_consts
        if isinstance(one, CodeType) and one.co_name == inner.__name__
    )
    try:
        yield
    finally:
        inner.__code__ = right


def assert_goes_red(
    check: Callable[[], None], function: Callable[..., Any], *changes: tuple[str, str]
) -> None:
    """The check passes, and fails an assertion while the function is mutated."""
    check()
    with mutated(function, *changes), pytest.raises(AssertionError):
        check()
    check()

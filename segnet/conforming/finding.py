"""Checks, and what they find. No torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, NamedTuple, TypeVar

Verdict = Literal["pass", "fail", "cannot tell"]
S = TypeVar("S")


class CheckResult(NamedTuple):
    """One line of the report."""

    check: str
    verdict: Verdict
    evidence: str


class Outcome(NamedTuple):
    """What a check has found, without its title."""

    verdict: Verdict
    evidence: str


@dataclass(frozen=True)
class Check(Generic[S]):
    """A question about a network, a loss or a metric."""

    title: str
    """What should be so."""
    ask: Callable[[S], Outcome]

    def __call__(self, subject: S) -> CheckResult:
        """The answer for one subject."""
        return CheckResult(self.title, *self.ask(subject))


def check(title: str) -> Callable[[Callable[[S], Outcome]], Check[S]]:
    """Make a function a check of this title."""

    def titled(ask: Callable[[S], Outcome]) -> Check[S]:
        return Check(title, ask)

    return titled


def passed(evidence: str) -> Outcome:
    """The check found what it should."""
    return Outcome("pass", evidence)


def failed(evidence: str) -> Outcome:
    """The check found something else."""
    return Outcome("fail", evidence)


def undecided(evidence: str) -> Outcome:
    """There was nothing to hold it against, or the answer is a matter of taste."""
    return Outcome("cannot tell", evidence)


def told_by(is_right: bool, evidence: str) -> Outcome:
    """Passed or failed, with the same evidence."""
    return passed(evidence) if is_right else failed(evidence)

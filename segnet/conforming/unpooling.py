"""Checks of pooling indices: where they come from, where they go, and what is done with them.

The operations themselves are watched, so it does not matter how a network is written: with
``nn.MaxUnpool2d``, with a scatter or a choice of its own, or with indices that change hands.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from segnet.conforming.finding import Outcome, check, failed, passed, undecided
from segnet.conforming.layers import NO_REFERENCE
from segnet.conforming.subject import Subject, logits_of, random_images

UNPOOLED = ("segnet_v1", "segnet_basic")
"""The references that unpool with the encoder's indices."""


class Use(NamedTuple):
    """One use of the indices of a pooling."""

    pooling: int
    """Which pooling made them, from 0."""
    is_exact: bool
    """Whether the values are where the indices say, and zero is everywhere else."""


class IndexWatch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Follows pooling indices from the poolings that made them to the operations that use them.

    What is computed from indices and holds no fractions, such as places in a window, stands for
    them.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.poolings = 0
        self.uses: list[Use] = []
        self._traced: list[tuple[Tensor, int]] = []

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Run the operation, and note it if it makes or uses indices."""
        output = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        if name == "max_pool2d_with_indices":
            self._trace(output[1], self.poolings)
            self.poolings += 1
        elif name == "max_unpool2d":
            self._note(args[1], _unpooled_exactly(output, args[1], args[0]))
        elif name in ("scatter", "scatter_", "scatter_add", "scatter_add_"):
            self._note(args[2], _scattered_exactly(output, args[1], args[2], args[3]))
        elif name == "where" and len(args) == 3 and output.is_floating_point():
            self._note(args[0], _chosen_exactly(args[2]), may_repeat=True)
        elif isinstance(output, Tensor) and not output.is_floating_point():
            for source in args:
                if (pooling := self._pooling_of(source)) is not None:
                    self._trace(output, pooling)
                    break
        return output

    def _trace(self, index: Tensor, pooling: int) -> None:
        self._traced.append((index, pooling))  # kept, so that no other tensor gets its memory

    def _pooling_of(self, index: Any) -> int | None:
        if isinstance(index, Tensor):
            for made, pooling in self._traced:
                if made.untyped_storage().data_ptr() == index.untyped_storage().data_ptr():
                    return pooling
        return None

    def _note(self, index: Any, is_exact: bool, *, may_repeat: bool = False) -> None:
        """Note a use; one choice after the other, cell by cell of a window, is one use."""
        pooling = self._pooling_of(index)
        if pooling is None:
            return
        if may_repeat and self.uses and self.uses[-1].pooling == pooling:
            is_exact = self.uses.pop().is_exact and is_exact
        self.uses.append(Use(pooling, is_exact))


@check("each stage unpools with its own pooling indices")
def pooling_indices(subject: Subject) -> Outcome:
    """Each decoder stage unpools with the indices of the encoder stage of the same depth."""
    if not subject.reference_name.startswith(UNPOOLED):
        return undecided(_no_unpooling(subject))
    watch = watched(subject)
    order = [use.pooling for use in watch.uses]
    poolings = watch.poolings
    if not poolings:
        return failed("no pooling keeps its indices")
    if not order:
        return failed(f"{poolings} poolings keep their indices, and nothing unpools with them")
    if order != list(reversed(range(poolings))):
        found, wanted = (
            ", ".join(str(pooling + 1) for pooling in one)
            for one in (order, reversed(range(poolings)))
        )
        return failed(
            f"{poolings} poolings; the decoder uses the indices of number {found}, not of {wanted}"
        )
    return passed(f"{poolings} poolings, used from the last to the first")


@check("unpooling puts values at their indices and zeros elsewhere")
def unpooling_definition(subject: Subject) -> Outcome:
    """Values where their maxima stood, zeros elsewhere."""
    if not subject.reference_name.startswith(UNPOOLED):
        return undecided(_no_unpooling(subject))
    uses = watched(subject).uses
    wrong = [use for use in uses if not use.is_exact]
    if not uses:
        return undecided("no operation was seen that unpools with pooling indices")
    if wrong:
        return failed(f"not so for the indices of pooling {wrong[0].pooling + 1}")
    return passed(f"so in all {len(uses)} stages")


def watched(subject: Subject) -> IndexWatch:
    """A forward pass under watch."""
    watch = IndexWatch()
    network = subject.build().eval()
    with torch.no_grad(), watch:
        logits_of(network, random_images())
    return watch


def _no_unpooling(subject: Subject) -> str:
    return f"{subject.reference_name} does not unpool" if subject.reference else NO_REFERENCE


def _unpooled_exactly(output: Tensor, indices: Tensor, values: Tensor) -> bool:
    return _scattered_exactly(output.flatten(2), 2, indices.flatten(2), values.flatten(2))


def _scattered_exactly(output: Tensor, dim: int, index: Tensor, values: Any) -> bool:
    """Whether gathering gives the values back, and nothing else is left."""
    if not isinstance(values, Tensor):
        return False
    found = output.gather(dim, index)
    rest = output.scatter(dim, index, 0.0)
    return torch.equal(found, values) and not bool(rest.any())


def _chosen_exactly(otherwise: Any) -> bool:
    """Whether zero is wherever a value is not chosen."""
    return not bool(torch.as_tensor(otherwise).any())

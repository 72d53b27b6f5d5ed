"""Bugs to plant, and a runner: ``python tests/planted_bugs.py BUG`` in a project's folder.

The runner trains and evaluates every cell of the project's bench by its stage scripts, with the bug
in; the prepared data are there already. No file of the tree is changed. ``--double`` computes in
float64.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor

from segnet.compute import Compute, choose_compute
from segnet.grid import Cell
from segnet.losses.parts import mean_cross_entropy
from segnet.models import segnet_v1
from segnet.taxonomy import IGNORE_INDEX
from segnet.training import augmentation as augment


def unpool_with_the_indices_of_another_image() -> AbstractContextManager[Any]:
    """Each image of a batch is unpooled with the pooling indices of the one before."""
    right = segnet_v1.unpool

    def wrong(features: Tensor, cells: Tensor, size: tuple[int, int]) -> Tensor:
        return right(features, cells.roll(1, 0), size)

    return patch.object(segnet_v1, "unpool", wrong)


def train_void_as_the_first_class() -> AbstractContextManager[Any]:
    """The loss counts void pixels as pixels of class 0."""
    right = mean_cross_entropy.pixel_cross_entropy

    def wrong(logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        return right(logits, targets.where(targets != IGNORE_INDEX, 0))

    return patch.object(mean_cross_entropy, "pixel_cross_entropy", wrong)


def resize_masks_bilinearly() -> AbstractContextManager[Any]:
    """Masks are resized as images are; labels that are no class afterwards become void."""
    right = augment._sample

    def wrong(planes: Tensor, grid: Tensor, extents: Tensor, *, mode: str) -> Tensor:
        sampled = right(planes, grid, extents, mode="bilinear")
        if mode == "bilinear":
            return sampled
        highest = planes[planes != IGNORE_INDEX].max()
        return sampled.where(sampled <= highest, IGNORE_INDEX)

    return patch.object(augment, "_sample", wrong)


BUGS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "none": nullcontext,
    "unpooling": unpool_with_the_indices_of_another_image,
    "void mask": train_void_as_the_first_class,
    "mask resize": resize_masks_bilinearly,
}


@contextmanager
def float64() -> Iterator[None]:
    """Compute everything in float64, where processors differ by 1e-16 and not by 1e-7.

    In float32 that much decides which of two nearly equal values is the maximum of a window. SegNet
    unpools to its place, and after five steps 1 % of its weights are others. In float64 such
    a near tie is as rare as a rounding error is small, so that every processor scores the same.
    """
    from pipelines import cell

    def choose(precision: str) -> Compute:
        return replace(choose_compute(precision), precision="float64")

    usual = torch.get_default_dtype()
    with ExitStack() as patches:
        patches.enter_context(patch.object(Tensor, "float", Tensor.double))
        patches.enter_context(patch.object(cell, "choose_compute", choose))
        torch.set_default_dtype(torch.float64)
        patches.callback(torch.set_default_dtype, usual)
        yield


def train_and_evaluate(bug: str, double: bool, cell: Cell) -> None:
    from pipelines import evaluate, train

    with float64() if double else nullcontext(), BUGS[bug]():
        train.main(cell.dataset, cell.model, cell.loss, cell.seed)
        evaluate.main(cell.dataset, cell.model, cell.loss, cell.seed)


def main(bug: str, *, double: bool) -> None:
    from pipelines import blind_predictors
    from segnet.bench.config import load_config

    bench = load_config().bench
    for dataset in bench.datasets:
        blind_predictors.main(dataset)
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        list(pool.map(partial(train_and_evaluate, bug, double), bench.cells()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python tests/planted_bugs.py")
    parser.add_argument("bug", choices=list(BUGS))
    parser.add_argument("--double", action="store_true")
    arguments = parser.parse_args()
    main(arguments.bug, double=arguments.double)

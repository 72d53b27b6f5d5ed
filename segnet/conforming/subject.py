"""The network under test, and pictures to try it on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SIZE = (64, 96)


@dataclass(frozen=True)
class Subject:
    """A network, and the one that it should be like."""

    build: Callable[[], nn.Module]
    """A new one each time, from the same random numbers."""
    num_classes: int
    reference: Callable[[], nn.Module] | None = None
    """The network of its kind with as many classes; None if there is none here."""
    reference_name: str = ""


class Scene(NamedTuple):
    """Images whose colours give the classes away."""

    images: Tensor
    targets: Tensor


def random_images(count: int = 2, size: tuple[int, int] = SIZE, *, seed: int = 0) -> Tensor:
    """RGB noise in [0, 1]."""
    return torch.rand(count, 3, *size, generator=torch.Generator().manual_seed(seed))


def colored_blocks(num_classes: int, count: int = 4) -> Scene:
    """Blocks of 32 x 32 pixels, each of one class with a colour of its own and some noise."""
    generator = torch.Generator().manual_seed(0)
    shown = min(num_classes, 4)
    blocks = torch.randint(0, shown, (count, SIZE[0] // 32, SIZE[1] // 32), generator=generator)
    targets = blocks.repeat_interleave(32, 1).repeat_interleave(32, 2)
    colors = torch.tensor([[0.9, 0.2, 0.2], [0.2, 0.9, 0.2], [0.2, 0.2, 0.9], [0.9, 0.9, 0.2]])
    noise = 0.1 * torch.rand(count, 3, *SIZE, generator=generator)
    return Scene(colors[targets].permute(0, 3, 1, 2) * 0.9 + noise, targets)


def logits_of(network: nn.Module, images: Tensor) -> Tensor:
    """The logits among whatever a network returns: the tensor, the entry ``out``, or the first."""
    return first_tensor(network(images))


def train_steps(network: nn.Module, num_classes: int, steps: int = 3) -> Iterator[None]:
    """Train for a few steps, and yield with the gradients of each still there.

    Some networks start with zeros in their last layers: nothing comes out, and nothing behind them
    has a gradient before they have moved.
    """
    images, targets = colored_blocks(num_classes)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    for _ in range(steps):
        optimizer.zero_grad()
        follow_gradient(F.cross_entropy(logits_of(network, images), targets))
        yield
        optimizer.step()


def moved(subject: Subject) -> nn.Module:
    """A network that has left its initial weights and statistics, in training mode."""
    network = subject.build().train()
    for _ in train_steps(network, subject.num_classes):
        pass
    return network


def follow_gradient(loss: Tensor) -> None:
    """Leave the gradient of a loss in the parameters."""
    torch.autograd.backward(loss)


def first_tensor(output: Any) -> Tensor:
    """The tensor in an output, which may be a dictionary (torchvision) or a sequence.

    Raises:
        TypeError: if there is none.
    """
    if isinstance(output, Tensor):
        return output
    if isinstance(output, dict) and output:
        return first_tensor(output["out"] if "out" in output else next(iter(output.values())))
    if isinstance(output, list | tuple) and output:
        return first_tensor(output[0])
    raise TypeError(f"the output is a {type(output).__name__}, in which there is no tensor")

"""Each random draw of a training comes from the stream of the seed, its purpose and the epoch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from source_mutations import mutated
from torch import Tensor, nn
from torch.nn import functional as F

from segnet.compute import Compute
from segnet.datasets.prepared.tensor_split import ResidentSplit
from segnet.losses import LOSSES
from segnet.seeding import generator, global_stream
from segnet.training.augmentation import draw
from segnet.training.loop import _images, _train_epoch, fit
from segnet.training.recipe import Augmentation, Optimizer, Recipe, Schedule

NUM_IMAGES, SIZE, BATCH_SIZE = 6, (4, 6), 2
GREYS = 20 * torch.arange(1, NUM_IMAGES + 1)
RECIPE = Recipe(
    source="test",
    expects="nothing",
    batch_size=BATCH_SIZE,
    optimizer=Optimizer(kind="sgd", learning_rate=0.01),
    schedule=Schedule(kind="constant"),
    augmentation=Augmentation(brightness=0.5),
    batch_norm="reestimated",
)


class Recorder(nn.Module):
    """Keeps the grey of each image that it sees in training mode, and what its dropout drew."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(3)
        self.greys: dict[bool, list[Tensor]] = {True: [], False: []}
        """While it learns, and while statistics are taken."""
        self.dropped: dict[bool, list[Tensor]] = {True: [], False: []}

    def forward(self, images: Tensor) -> Tensor:
        if self.training:
            self.greys[torch.is_grad_enabled()].append(images[:, 0, 0, 0])
            self.dropped[torch.is_grad_enabled()].append(F.dropout(torch.ones(50)))
        normed: Tensor = self.norm(images)
        return normed


def recorded(state_path: Path, seed: int) -> Recorder:
    """Three epochs; the second is not validated."""
    sizes = np.tile(np.array(SIZE, np.int64), (NUM_IMAGES, 1))
    images = GREYS.view(-1, 1, 1, 1).expand(-1, 3, *SIZE).byte()
    masks = torch.zeros(NUM_IMAGES, *SIZE, dtype=torch.uint8)
    split = ResidentSplit(images, masks, sizes, sizes, torch.device("cpu"))
    network = Recorder()
    fit(
        network,
        split,
        split,
        loss=LOSSES["ce"],
        recipe=RECIPE,
        size=SIZE,
        num_classes=3,
        total_epochs=3,
        validate_every_epochs=2,
        seed=seed,
        compute=Compute(torch.device("cpu"), "float32"),
        state_path=state_path,
        on_step=lambda step: None,
        on_epoch=lambda row: None,
    )
    return network


def brightened(order: Tensor, draws: Tensor) -> Tensor:
    """The greys of images in that order, each times 1 ± 0.5 by its own draw."""
    return GREYS[order] / 255 * (1 + 0.5 * (2 * draws[order] - 1))


def dropout(seed: int, *names: str | int) -> Tensor:
    with global_stream(seed, *names):
        return torch.stack([F.dropout(torch.ones(50)) for _ in range(NUM_IMAGES // BATCH_SIZE)])


def assert_streams(state_path: Path, seed: int) -> None:
    network = recorded(state_path, seed)
    seen = torch.cat(network.greys[True]).view(3, NUM_IMAGES)
    dropped = torch.stack(network.dropped[True]).view(3, -1, 50)
    for epoch in (1, 2, 3):
        order = torch.randperm(NUM_IMAGES, generator=generator(seed, "order", epoch))
        draws = draw(NUM_IMAGES, generator(seed, "augment", epoch)).brightness
        torch.testing.assert_close(seen[epoch - 1], brightened(order, draws))
        assert torch.equal(dropped[epoch - 1], dropout(seed, "dropout", epoch))
    seen = torch.cat(network.greys[False]).view(2, NUM_IMAGES)
    dropped = torch.stack(network.dropped[False]).view(2, -1, 50)
    for validation, epoch in enumerate((2, 3)):
        draws = draw(NUM_IMAGES, generator(seed, "batch norm augment", epoch)).brightness
        expected = brightened(torch.arange(NUM_IMAGES), draws)
        torch.testing.assert_close(seen[validation], expected)
        assert torch.equal(dropped[validation], dropout(seed, "batch norm dropout", epoch))


@pytest.mark.parametrize("seed", [0, 3])
def test_every_draw_of_a_training_follows_its_stream(seed: int, tmp_path: Path) -> None:
    assert_streams(tmp_path / "state.pt", seed)


@pytest.mark.parametrize(
    ("function", "stream"),
    [
        (_train_epoch, 'generator(seed, "order", epoch)'),
        (_train_epoch, 'generator(seed, "augment", epoch)'),
        (_train_epoch, 'global_stream(seed, "dropout", epoch)'),
        (_images, 'generator(seed, "batch norm augment", epoch)'),
        (fit, 'global_stream(seed, "batch norm dropout", epoch)'),
    ],
)
def test_a_stream_without_the_seed_or_the_epoch_is_noticed(
    function: object, stream: str, tmp_path: Path
) -> None:
    assert callable(function)

    for other in (stream.replace("seed", "0"), stream.replace(", epoch", "")):
        with mutated(function, (stream, other)), pytest.raises(AssertionError):
            assert_streams(tmp_path / "state.pt", 3)

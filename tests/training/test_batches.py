from __future__ import annotations

import pytest
import torch

from segnet.training.batches import batches_of, steps_per_epoch


@pytest.mark.parametrize(
    ("num_images", "batch_size", "sizes"),
    [
        (7, 3, [3, 4]),
        (8, 3, [3, 3, 2]),
        (6, 3, [3, 3]),
        (3, 2, [3]),
        (3, 1, [1, 1, 1]),
        (1, 4, [1]),
        (2, 4, [2]),
    ],
)
def test_a_last_batch_of_one_image_joins_the_one_before(
    num_images: int, batch_size: int, sizes: list[int]
) -> None:
    order = torch.randperm(num_images, generator=torch.Generator().manual_seed(0))
    batches = batches_of(order, batch_size)
    assert [len(batch) for batch in batches] == sizes
    assert torch.equal(torch.cat(batches), order)
    assert steps_per_epoch(num_images, batch_size) == len(sizes)

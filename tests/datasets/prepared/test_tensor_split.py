"""Where the tensors of a split lie, and how they are batched."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from segnet.datasets.prepared import tensor_split
from segnet.datasets.prepared.store import PreparedSplit
from segnet.datasets.prepared.tensor_split import ResidentSplit, load_resident

SIZES = np.array([[8, 12], [6, 10], [8, 12], [6, 10], [8, 12]])
MASK_SIZES = np.array([[16, 24], [12, 20], [16, 20], [12, 20], [16, 24]])
IMAGE_BYTES, MASK_BYTES = 5 * 8 * 12 * 3, 5 * 16 * 24


def prepared() -> PreparedSplit:
    rng = np.random.default_rng(0)
    names = tuple("abcde")
    return PreparedSplit(
        images=rng.integers(0, 256, (5, 8, 12, 3), np.uint8),
        masks=rng.integers(0, 3, (5, 16, 24), np.uint8),
        names=names,
        sequences=names,
        image_sizes=SIZES,
        mask_sizes=MASK_SIZES,
        class_counts=np.zeros((5, 3), np.int64),
    )


@pytest.mark.parametrize(
    ("free", "storage"),
    [
        (2.5 * (IMAGE_BYTES + MASK_BYTES), "meta"),  # exactly 40 %
        (2.5 * (IMAGE_BYTES + MASK_BYTES) - 10, "cpu"),
        (2.5 * IMAGE_BYTES + 10, "cpu"),  # the masks count too
    ],
)
def test_a_split_of_more_than_two_fifths_of_the_free_memory_stays_in_the_hosts(
    free: float, storage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a GPU that is not there: ``meta`` stands for its memory."""

    class Gpu:
        type = "cuda"

    def memory(device: object) -> tuple[int, int]:
        return int(free), 10**12

    monkeypatch.setattr(torch.cuda, "mem_get_info", memory)
    to = torch.Tensor.to

    def to_gpu(tensor: torch.Tensor, target: object) -> torch.Tensor:
        return to(tensor, "meta" if isinstance(target, Gpu) else target)

    monkeypatch.setattr(torch.Tensor, "to", to_gpu)
    made: list[tuple[object, ...]] = []
    monkeypatch.setattr(tensor_split, "ResidentSplit", lambda *parts: made.append(parts))
    gpu = Gpu()
    load = load_resident.__wrapped__  # type: ignore[attr-defined]  # the type of a device is checked
    load(prepared(), gpu)
    images, masks, _, _, device = made[0]
    assert isinstance(images, torch.Tensor)
    assert isinstance(masks, torch.Tensor)
    assert (images.device.type, masks.device.type) == (storage, storage)
    assert device is gpu  # batches go there either way


def resident() -> ResidentSplit:
    return load_resident(prepared(), torch.device("cpu"))


def test_a_split_on_the_cpu_is_what_was_prepared() -> None:
    found, stored = resident(), prepared()
    np.testing.assert_array_equal(found.images.permute(0, 2, 3, 1), stored.images)
    np.testing.assert_array_equal(found.masks, stored.masks)
    np.testing.assert_array_equal(found.image_sizes, SIZES)
    np.testing.assert_array_equal(found.mask_sizes, MASK_SIZES)


def test_a_batch_says_how_much_of_its_canvas_each_image_and_mask_fills() -> None:
    batch = resident().batch(torch.tensor([3, 2]))
    np.testing.assert_array_equal(batch.images.permute(0, 2, 3, 1), prepared().images[[3, 2]])
    np.testing.assert_array_equal(batch.masks, prepared().masks[[3, 2]])
    np.testing.assert_allclose(batch.image_extents, [[6 / 8, 10 / 12], [1, 1]])
    np.testing.assert_allclose(batch.mask_extents, [[12 / 16, 20 / 24], [1, 20 / 24]])


def test_batches_of_equal_size_hold_each_image_once() -> None:
    """Image 2 is as large as 0 and 4, but its mask is not."""
    batches = [batch.tolist() for batch in resident().equal_size_batches(8)]
    assert sorted(batches) == [[0, 4], [1, 3], [2]]
    assert sorted(map(len, map(list, resident().equal_size_batches(1)))) == [1] * 5

from __future__ import annotations

import numpy as np
import pytest
import torch

from segnet.datasets.prepared.tensor_split import Batch
from segnet.seeding import generator
from segnet.taxonomy import IGNORE_INDEX
from segnet.training.augmentation import PAD_GREY, Draws, augment_batch, draw
from segnet.training.recipe import Augmentation

ALL = Augmentation(
    scale=(0.5, 2.0),
    flip_probability=0.5,
    rotation_degrees=20,
    brightness=0.3,
    contrast=0.3,
    saturation=0.3,
)


def batch_of(images: torch.Tensor, masks: torch.Tensor) -> Batch:
    whole = torch.ones(len(images), 2)
    return Batch(images, masks, whole, whole)


def random_batch(num_images: int = 4, size: tuple[int, int] = (12, 20)) -> Batch:
    rng = generator(0, "test")
    images = torch.randint(0, 256, (num_images, 3, *size), generator=rng).byte()
    masks = torch.randint(0, 3, (num_images, *size), generator=rng) * 5  # 0, 5, 10
    return batch_of(images, masks.byte())


def middle(num_images: int, **columns: float) -> Draws:
    """Draws in the middle of every range, but for the columns named."""
    draws = Draws(*torch.full((len(Draws._fields), num_images), 0.5))
    return draws._replace(
        **{name: torch.full((num_images,), value) for name, value in columns.items()}
    )


def test_no_augmentation_leaves_the_batch_as_it_is() -> None:
    batch = random_batch()
    images, targets = augment_batch(batch, draw(4, generator(0)), Augmentation(), size=(12, 20))
    torch.testing.assert_close(images, batch.images / 255, rtol=0, atol=1e-4)
    assert torch.equal(targets, batch.masks.long())


def test_labels_are_never_interpolated() -> None:
    batch = random_batch(16)
    _, targets = augment_batch(batch, draw(16, generator(1)), ALL, size=(12, 20))
    assert set(targets.unique().tolist()) <= {0, 5, 10, IGNORE_INDEX}


def test_outside_of_the_image_is_ignored_never_a_class() -> None:
    batch = random_batch()
    smaller = Augmentation(scale=(0.5, 0.5))
    images, targets = augment_batch(batch, middle(4), smaller, size=(12, 20))
    inside = torch.zeros(12, 20, dtype=torch.bool)
    inside[3:9, 5:15] = True
    assert (targets[:, ~inside] == IGNORE_INDEX).all()
    assert (targets[:, inside] != IGNORE_INDEX).all()
    assert (images.permute(0, 2, 3, 1)[:, ~inside] == PAD_GREY).all()


def test_flip_mirrors_image_and_mask_together() -> None:
    batch = random_batch()
    always = Augmentation(flip_probability=1.0)
    images, targets = augment_batch(batch, middle(4), always, size=(12, 20))
    torch.testing.assert_close(images, batch.images.flip(-1) / 255, rtol=0, atol=1e-4)
    assert torch.equal(targets, batch.masks.flip(-1).long())


def test_quarter_turn_of_a_wide_image_keeps_pixels_square() -> None:
    mask = torch.zeros(1, 20, 40, dtype=torch.uint8)
    mask[:, 8:12, 18:30] = 1  # a bar 12 wide, 4 high, from the middle to the right
    batch = batch_of(torch.zeros(1, 3, 20, 40, dtype=torch.uint8), mask)
    quarter = Augmentation(rotation_degrees=90)
    _, targets = augment_batch(batch, middle(1, rotation=1.0), quarter, size=(20, 40))
    rows, columns = (targets[0] == 1).nonzero().T
    # the bar now stands, 4 wide; its upper or lower end leaves the picture's middle by 10 pixels
    assert columns.max() - columns.min() + 1 == 4
    assert rows.max() - rows.min() + 1 == 12


def test_image_and_mask_move_together_at_different_sizes() -> None:
    # the image's red channel holds the class, at half the size of the mask
    classes = torch.arange(6).view(2, 3)
    small = classes.repeat_interleave(8, 0).repeat_interleave(8, 1)
    large = classes.repeat_interleave(16, 0).repeat_interleave(16, 1)
    images = (small * 40).expand(3, -1, -1)[None].repeat(8, 1, 1, 1).byte()
    batch = batch_of(images, large[None].repeat(8, 1, 1).byte())
    moved, targets = augment_batch(
        batch,
        draw(8, generator(2)),
        Augmentation(scale=(0.7, 1.5), flip_probability=0.5),
        size=(16, 24),
    )
    seen = (moved[:, 0] * 255 / 40).round().long()
    labelled = targets != IGNORE_INDEX
    agreement = (seen == targets)[labelled].float().mean()
    assert agreement > 0.9  # the rest are borders, where the image is interpolated


def test_padding_of_the_canvas_is_never_sampled() -> None:
    # a 6x10 image on a 12x20 canvas whose padding would be class 9 and white if it were seen
    images = torch.full((4, 3, 12, 20), 255, dtype=torch.uint8)
    masks = torch.full((4, 12, 20), 9, dtype=torch.uint8)
    images[:, :, :6, :10] = 100
    masks[:, :6, :10] = 1
    half = torch.full((4, 2), 0.5)
    batch = Batch(images, masks, half, half)
    moved, targets = augment_batch(
        batch, draw(4, generator(3)), Augmentation(scale=(0.5, 2.0)), size=(12, 20)
    )
    assert set(targets.unique().tolist()) <= {1, IGNORE_INDEX}
    inside = (targets == 1)[:, None].expand_as(moved)
    torch.testing.assert_close(moved[inside], torch.full_like(moved[inside], 100 / 255))


def test_draws_of_an_image_do_not_depend_on_its_batch() -> None:
    draws = draw(10, generator(0, "augment", 3))
    together = draws.at(torch.tensor([7, 2, 5]), torch.device("cpu"))
    alone = draws.at(torch.tensor([2]), torch.device("cpu"))
    assert all(one[1] == other[0] for one, other in zip(together, alone, strict=True))


@pytest.mark.parametrize("strength", ["brightness", "contrast", "saturation"])
def test_colours_stay_in_range_and_change(strength: str) -> None:
    batch = random_batch()
    changed, targets = augment_batch(
        batch,
        middle(4, **{strength: 0.99}),
        Augmentation.model_validate({strength: 0.5}),
        size=(12, 20),
    )
    assert changed.min() >= 0
    assert changed.max() <= 1
    assert (changed - batch.images / 255).abs().mean() > 0.02
    np.testing.assert_array_equal(targets.numpy(), batch.masks.numpy())

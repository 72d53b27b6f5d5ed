"""Where the pixels of an augmented batch come from, against torch, torchvision and plain crops."""

from __future__ import annotations

import pytest
import torch
from source_mutations import assert_goes_red
from torch import Tensor
from torch.nn import functional as F
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as TF

from segnet.datasets.prepared.tensor_split import Batch
from segnet.taxonomy import IGNORE_INDEX
from segnet.training import augmentation
from segnet.training.augmentation import Draws, augment_batch
from segnet.training.recipe import Augmentation

SIZE = (12, 20)


def batch(size: tuple[int, int] = SIZE) -> Batch:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (1, 3, *size), generator=generator).byte()
    masks = torch.randint(0, 200, (1, *size), generator=generator).byte()
    whole = torch.ones(1, 2)
    return Batch(images, masks, whole, whole)


def drawn(**columns: float) -> Draws:
    """Draws in the middle of every range, but for the columns named."""
    return Draws(*(torch.tensor([columns.get(name, 0.5)]) for name in Draws._fields))


def warped(
    one: Batch, draws: Draws, *, size: tuple[int, int] = SIZE, **settings: object
) -> tuple[Tensor, Tensor]:
    images, targets = augment_batch(one, draws, Augmentation.model_validate(settings), size=size)
    return images[0], targets[0]


def test_a_corner_four_times_as_large_is_that_of_torch() -> None:
    """At scale 4 the top left corner fills the output: each label is a block of 4 x 4."""

    def check() -> None:
        one = batch()
        images, targets = warped(one, drawn(row=0.0, column=0.0), scale=[4, 4])
        corner = one.masks[0, :3, :5].long()
        assert torch.equal(targets, corner.repeat_interleave(4, 0).repeat_interleave(4, 1))
        larger = F.interpolate(
            one.images / 255, scale_factor=4, mode="bilinear", align_corners=False
        )
        torch.testing.assert_close(images, larger[0, :, :12, :20], rtol=0, atol=1e-4)

    line = 'mode=mode, padding_mode="border", align_corners=False'
    for mode in ("nearest", "bilinear"):
        shifted = line.replace("False", f'mode == "{mode}"')
        assert_goes_red(check, augmentation._sample, (line, shifted))


@pytest.mark.parametrize("row", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("column", [0.0, 0.5, 1.0])
def test_a_crop_lies_where_its_row_and_column_say(row: float, column: float) -> None:
    one = batch()
    images, targets = warped(one, drawn(row=row, column=column), size=(4, 6))
    top, left = round(row * (12 - 4)), round(column * (20 - 6))
    expected = one.masks[0, top : top + 4, left : left + 6].long()
    assert torch.equal(targets, expected)
    pixels = one.images[0, :, top : top + 4, left : left + 6] / 255
    torch.testing.assert_close(images, pixels, rtol=0, atol=1e-4)


@pytest.mark.parametrize("row", [0.0, 1.0])
def test_a_smaller_image_lies_anywhere_inside_the_output(row: float) -> None:
    """Half as high and wide, it fills the upper or lower left quarter; all else is void."""
    _, targets = warped(batch(), drawn(row=row, column=1.0), scale=[0.5, 0.5])
    inside = torch.zeros(SIZE, dtype=torch.bool)
    inside[6 * (1 - int(row)) : 12 - 6 * int(row), :10] = True
    assert (targets[inside] != IGNORE_INDEX).all()
    assert (targets[~inside] == IGNORE_INDEX).all()


@pytest.mark.parametrize(("low", "high", "position"), [(0.5, 2.0, 0.5), (0.25, 1.0, 1.0)])
def test_scales_are_drawn_on_a_logarithmic_axis(low: float, high: float, position: float) -> None:
    """Half of the draws of 0.5..2 enlarge: the middle is 1, where 1.25 is that of a plain range."""
    one = batch()
    _, targets = warped(one, drawn(scale=position), scale=[low, high])
    assert torch.equal(targets, one.masks[0].long())


@pytest.mark.parametrize("flip", [0.0, 1.0])
@pytest.mark.parametrize("rotation", [0.0, 0.25, 0.5, 1.0])
def test_a_rotation_is_that_of_torchvision_and_as_far_to_either_side(
    rotation: float, flip: float
) -> None:
    one = batch()
    images, targets = warped(
        one, drawn(rotation=rotation), rotation_degrees=30, flip_probability=flip
    )
    degrees = 30 * (2 * rotation - 1)
    turned = TF.rotate(
        one.masks, degrees, interpolation=InterpolationMode.NEAREST, fill=[IGNORE_INDEX]
    )[0]
    expected = turned.flip(-1) if flip else turned
    assert (targets == expected).float().mean() > 0.98  # the rest lie between two pixels
    smooth = TF.rotate(one.images / 255, degrees, interpolation=InterpolationMode.BILINEAR)[0]
    expected_colours = smooth.flip(-1) if flip else smooth
    labelled = (targets != IGNORE_INDEX)[2:-2, 2:-2]
    difference = (images - expected_colours)[:, 2:-2, 2:-2].abs().amax(0)[labelled]
    assert difference.quantile(0.95) < 1e-3


@pytest.mark.parametrize(("flip", "mirrored"), [(0.29, True), (0.3, False), (0.31, False)])
def test_an_image_is_flipped_as_often_as_the_probability_says(flip: float, mirrored: bool) -> None:
    one = batch()
    _, targets = warped(one, drawn(flip=flip), flip_probability=0.3)
    expected = one.masks[0].flip(-1) if mirrored else one.masks[0]
    assert torch.equal(targets, expected.long())


def test_edges_of_an_image_on_a_canvas_repeat_its_last_pixels() -> None:
    """Enlarged twice, the lower right corner of a 6 x 10 image; the canvas beside it is white."""
    one = batch()
    one.images[:, :, 6:] = one.images[:, :, :, 10:] = 255
    one.masks[:, 6:] = one.masks[:, :, 10:] = 201
    half = torch.full((1, 2), 0.5)
    on_canvas = Batch(one.images, one.masks, half, half)
    draws = drawn(row=1.0, column=1.0)
    images, targets = warped(on_canvas, draws, size=(6, 10), scale=[2, 2])
    own = F.interpolate(
        one.images[:, :, :6, :10] / 255, scale_factor=2, mode="bilinear", align_corners=False
    )
    torch.testing.assert_close(images, own[0, :, 6:, 10:], rtol=0, atol=1e-4)
    assert int(targets.max()) <= 200


def test_size_of_a_crop_is_a_rounded_fraction_or_fixed() -> None:
    assert Augmentation(crop=0.75).crop_size((10, 21)) == (8, 16)  # of 7.5 and 15.75
    assert Augmentation(crop=(16, 24)).crop_size((20, 30)) == (16, 24)
    assert Augmentation().crop_size((10, 21)) == (10, 21)


@pytest.mark.parametrize("scale", [(2.0, 1.0), (0.0, 1.0)])
def test_a_scale_that_is_no_range_is_an_error(scale: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="0 < low <= high"):
        Augmentation(scale=scale)

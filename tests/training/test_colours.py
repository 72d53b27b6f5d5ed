"""The colours of an augmented batch against torchvision and numbers worked by hand."""

from __future__ import annotations

import pytest
import torch
from source_mutations import assert_goes_red
from torchvision.transforms.v2 import functional as TF

from segnet.datasets.prepared.tensor_split import Batch
from segnet.training import augmentation
from segnet.training.augmentation import Draws, augment_batch
from segnet.training.recipe import Augmentation

SIZE = (6, 8)
DRAWS = Draws(*torch.linspace(0.05, 0.95, len(Draws._fields)).repeat(3, 1).T)
"""Another number in each column, so that none can stand in for another."""


def images() -> torch.Tensor:
    """Three pictures of other colours, too pale to leave [0, 1]."""
    generator = torch.Generator().manual_seed(0)
    pictures = torch.randint(0, 40, (3, 3, *SIZE), generator=generator)
    shift = torch.tensor([[60, 90, 120], [120, 90, 60], [99, 99, 99]])[:, :, None, None]
    return (pictures + shift).byte()


def recolored(pictures: torch.Tensor, draws: Draws, **strengths: float) -> torch.Tensor:
    whole = torch.ones(len(pictures), 2)
    masks = torch.zeros(len(pictures), *SIZE, dtype=torch.uint8)
    settings = Augmentation.model_validate(strengths)
    return augment_batch(Batch(pictures, masks, whole, whole), draws, settings, size=SIZE)[0]


def factor(column: str, strength: float) -> float:
    """1 ± strength, as far as the draw is from the middle of [0, 1)."""
    return 1 + strength * (2 * float(getattr(DRAWS, column)[0]) - 1)


def test_brightness_multiplies_every_pixel() -> None:
    expected = images() / 255 * factor("brightness", 0.4)
    found = recolored(images(), DRAWS, brightness=0.4)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)


def test_contrast_stretches_an_image_about_its_own_mean() -> None:
    def check() -> None:
        pictures = images() / 255
        mean = torch.stack([picture.mean() for picture in pictures])[:, None, None, None]
        expected = mean + (pictures - mean) * factor("contrast", 0.6)
        found = recolored(images(), DRAWS, contrast=0.6)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)

    line = "images = mean + (images - mean) * factor(augmentation.contrast, draws.contrast)"
    as_brightness = "images = images * factor(augmentation.contrast, draws.contrast)"
    assert_goes_red(check, augmentation._recolor, (line, as_brightness))


def test_saturation_is_that_of_torchvision() -> None:
    def check() -> None:
        expected = TF.adjust_saturation(images() / 255, factor("saturation", 0.8))
        found = recolored(images(), DRAWS, saturation=0.8)
        torch.testing.assert_close(found, expected, rtol=0, atol=2e-4)

    line = "images = grey + (images - grey) * factor(augmentation.saturation, draws.saturation)"
    as_brightness = "images = images * factor(augmentation.saturation, draws.saturation)"
    assert_goes_red(check, augmentation._recolor, (line, as_brightness))


def test_a_grey_pixel_has_no_saturation_and_pure_colours_their_share_of_bt_601() -> None:
    """Without saturation, red is .299 grey, green .587, blue .114 (ITU-R BT.601), and grey grey."""
    pictures = torch.zeros(1, 3, *SIZE, dtype=torch.uint8)
    for column in range(3):
        pictures[0, column, :, column] = 255
    pictures[0, :, :, 3] = 128
    no_colour = DRAWS._replace(saturation=torch.zeros(3)).at(torch.tensor([0]), torch.device("cpu"))
    found = recolored(pictures, no_colour, saturation=1.0)[0, :, 0, :4]
    expected = torch.tensor([0.299, 0.587, 0.114, 128 / 255]).expand(3, -1)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)


def test_brightness_comes_first_then_contrast_then_saturation() -> None:
    strengths = {"brightness": 0.3, "contrast": 0.5, "saturation": 0.7}
    expected = images() / 255 * factor("brightness", 0.3)
    mean = expected.mean((1, 2, 3), keepdim=True)
    expected = mean + (expected - mean) * factor("contrast", 0.5)
    expected = TF.adjust_saturation(expected.clamp(0, 1), factor("saturation", 0.7))
    found = recolored(images(), DRAWS, **strengths)
    torch.testing.assert_close(found, expected, rtol=0, atol=3e-4)


@pytest.mark.parametrize("strength", ["brightness", "contrast", "saturation"])
def test_colours_are_cut_off_at_black_and_white(strength: str) -> None:
    extremes = torch.zeros(3, 3, *SIZE, dtype=torch.uint8)
    extremes[:, :2, :, ::2] = 255
    most = DRAWS._replace(**{strength: torch.ones(3)})
    found = recolored(extremes, most, **{strength: 0.9})
    assert found.min() >= 0
    assert found.max() == 1


def test_what_is_beside_an_image_stays_middle_grey_whatever_its_colours() -> None:
    found = recolored(images(), DRAWS, scale=[0.5, 0.5], brightness=0.9, contrast=0.9)
    assert (found[:, :, 0] == 0.5).all()

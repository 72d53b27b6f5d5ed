from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from segnet.compute import Compute
from segnet.inference.prediction import (
    overlay,
    predict_mask,
    predict_uncertain_mask,
    uncertainty_map,
)
from segnet.taxonomy import Taxonomy

TAXONOMY = Taxonomy(("dark", "light"), ((0, 0, 200), (200, 0, 0)))


def brightness(images: Tensor) -> Tensor:
    level = images.mean(1, keepdim=True)
    return torch.cat([0.5 - level, level - 0.5], 1)


def test_mask_has_the_size_of_the_image_whatever_the_working_size() -> None:
    image = np.zeros((50, 70, 3), np.uint8)
    image[:, 40:] = 255
    mask = predict_mask(
        brightness, image, compute=Compute(torch.device("cpu"), "float32"), working_size=(20, 30)
    )
    assert mask.shape == (50, 70)
    assert (mask[:, :37] == 0).all()
    assert (mask[:, 43:] == 1).all()


def test_overlay_mixes_the_colours_half_and_half() -> None:
    image = np.full((1, 2, 3), 100, np.uint8)
    mixed = overlay(image, np.array([[0, 1]], np.uint8), TAXONOMY)
    np.testing.assert_array_equal(mixed, [[[50, 50, 150], [150, 50, 50]]])


class HalfSure(nn.Module):
    """Sure of class 0 or 1 by the toss of a coin for each pixel right of the middle, else of 0."""

    def __init__(self) -> None:
        super().__init__()
        self.toss = nn.Dropout(0.5)

    def forward(self, images: Tensor) -> Tensor:
        side = self.toss(torch.ones_like(images[:, :1])) - 1  # -1 or 1
        side[..., : side.shape[-1] // 2] = -1
        return 1000 * torch.cat([-side, side], 1)


def uncertain(network: nn.Module, image: np.ndarray, samples: int) -> tuple[np.ndarray, ...]:
    return predict_uncertain_mask(
        network,
        image,
        compute=Compute(torch.device("cpu"), "float32"),
        working_size=(20, 30),
        samples=samples,
        seed=0,
    )


def test_uncertainty_is_zero_where_samples_agree_and_one_where_they_cannot_differ_more() -> None:
    mask, uncertainty = uncertain(HalfSure(), np.zeros((20, 30, 3), np.uint8), 4000)
    assert (uncertainty[:, :15] == 0).all()
    assert not mask[:, :15].any()
    # p (1 - p) / (1/4), where p is a share of 4000 tosses: within 1 % of a half but for luck
    assert uncertainty[:, 15:].min() > 0.98
    assert uncertainty.max() <= 1 + 1e-5


def test_uncertain_mask_is_that_of_the_mean_probability() -> None:
    class Lopsided(nn.Module):
        """Two samples in ten are very sure of class 1, the others hardly of class 0."""

        def __init__(self) -> None:
            super().__init__()
            self.toss = nn.Dropout(0.8)

        def forward(self, images: Tensor) -> Tensor:
            sure = (self.toss(torch.ones_like(images[:, :1])) > 0).float()
            return torch.cat([torch.zeros_like(sure), 1000 * sure - 0.1], 1)

    # mean probability of class 1: 0.2 + 0.8 x sigmoid(-0.1) = 0.58, though most samples say 0
    mask, _ = uncertain(Lopsided(), np.zeros((20, 30, 3), np.uint8), 2000)
    assert (mask == 1).all()


def test_uncertain_mask_has_the_size_of_the_image() -> None:
    mask, uncertainty = uncertain(HalfSure(), np.zeros((50, 70, 3), np.uint8), 3)
    assert mask.shape == uncertainty.shape == (50, 70)
    assert uncertainty.dtype == np.float32


def test_without_spread_the_uncertain_mask_is_the_plain_one() -> None:
    class Barely(nn.Module):
        """Dropout that changes nothing that matters."""

        def __init__(self) -> None:
            super().__init__()
            self.dropout = nn.Dropout(0.5)

        def forward(self, images: Tensor) -> Tensor:
            return brightness(images) + 0 * self.dropout(images[:, :1])

    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    compute = Compute(torch.device("cpu"), "float32")
    plain = predict_mask(brightness, image, compute=compute, working_size=(20, 30))
    mask, uncertainty = uncertain(Barely(), image, 5)
    np.testing.assert_array_equal(mask, plain)
    assert not uncertainty.any()


def test_grey_is_the_square_root_of_the_uncertainty() -> None:
    grey = uncertainty_map(np.array([[0, 0.01, 0.25, 1]], np.float32))
    np.testing.assert_array_equal(grey, [[0, 26, 128, 255]])  # 25.5 and 127.5 to even
    assert grey.dtype == np.uint8

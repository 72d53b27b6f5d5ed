from __future__ import annotations

import numpy as np
import pytest

from segnet.inference.legends import INK, PAPER, with_legend
from segnet.taxonomy import CAMVID_11


@pytest.mark.parametrize("width", [40, 481, 3000])
def test_legend_is_a_strip_below_with_the_colour_of_every_class(width: int) -> None:
    picture = np.full((20, width, 3), 77, np.uint8)
    drawn = with_legend(picture, CAMVID_11, range(11))
    np.testing.assert_array_equal(drawn[:20], picture)
    strip = {tuple(color) for color in drawn[20:].reshape(-1, 3).tolist()}
    assert {PAPER, *CAMVID_11.colors} <= strip
    if width > 40:  # there the names are cut off
        assert INK in strip


def test_classes_that_are_not_asked_for_are_not_named() -> None:
    drawn = with_legend(np.zeros((20, 400, 3), np.uint8), CAMVID_11, [3])
    strip = {tuple(color) for color in drawn[20:].reshape(-1, 3).tolist()}
    assert strip & set(CAMVID_11.colors) == {CAMVID_11.colors[3]}
    assert len(drawn) < len(with_legend(np.zeros((20, 400, 3), np.uint8), CAMVID_11, range(11)))

from __future__ import annotations

import numpy as np
import pytest

from segnet.datasets.preparing.palette import distinct_colors, to_lab


@pytest.mark.parametrize(
    ("color", "lab"),
    [
        ((0, 0, 0), (0, 0, 0)),
        ((255, 255, 255), (100, 0, 0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 255, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
        ((10, 10, 10), (2.74, 0, 0)),
    ],
)
def test_cielab_is_that_of_published_tables(
    color: tuple[int, int, int], lab: tuple[float, float, float]
) -> None:
    """The primaries as in B. Lindbloom's calculator; the grey is 903.3 times its luminance."""
    np.testing.assert_allclose(to_lab(np.array([color], np.uint8))[0], lab, atol=0.01)


def test_59_colors_are_far_apart_and_begin_with_black() -> None:
    """A distance of 2.3 is just noticeable; ten times that is told apart on thin overlays."""
    colors = distinct_colors(59)
    lab = to_lab(np.array(colors, np.uint8))
    distances = np.linalg.norm(lab[:, None] - lab[None], axis=-1)
    assert distances[~np.eye(59, dtype=bool)].min() > 23
    assert colors[0] == (0, 0, 0)


def test_a_shorter_palette_is_the_beginning_of_a_longer_one() -> None:
    assert distinct_colors(11) == distinct_colors(59)[:11]


def test_each_color_is_the_farthest_from_those_before() -> None:
    """Against a search in plain Python over the same candidates, for the first five."""
    steps = [round(255 * step / 17) for step in range(18)]
    cube = [(red, green, blue) for red in steps for green in steps for blue in steps]
    lab = dict(zip(cube, to_lab(np.array(cube, np.uint8)).tolist(), strict=True))

    def gap(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
        return sum((a - b) ** 2 for a, b in zip(lab[one], lab[other], strict=True))

    chosen = [(0, 0, 0)]
    while len(chosen) < 5:
        chosen.append(max(cube, key=lambda color: min(gap(color, one) for one in chosen)))
    assert distinct_colors(5) == tuple(chosen)

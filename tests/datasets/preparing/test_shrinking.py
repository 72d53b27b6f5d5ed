from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from segnet.datasets.preparing.samples import shrink


@given(st.integers(1, 60), st.integers(1, 60), st.integers(16, 40), st.integers(16, 40))
def test_a_shrunk_image_fits_keeps_its_aspect_and_is_never_enlarged(
    height: int, width: int, fit_height: int, fit_width: int
) -> None:
    small = shrink(np.full((height, width, 3), 77, np.uint8), (fit_height, fit_width))
    assert small.shape[0] <= min(height, fit_height)
    assert small.shape[1] <= min(width, fit_width)
    ratio = min(1, fit_height / height, fit_width / width)
    assert abs(small.shape[0] - height * ratio) <= 0.5 or small.shape[0] == 1
    assert abs(small.shape[1] - width * ratio) <= 0.5 or small.shape[1] == 1
    assert np.all(small == 77)


def test_shrinking_does_not_alias() -> None:
    checkerboard = np.zeros((48, 48, 3), np.uint8)
    checkerboard[::2, ::2] = checkerboard[1::2, 1::2] = 255
    inside = shrink(checkerboard, (16, 16))[2:-2, 2:-2].astype(int)
    assert np.abs(inside - 127).max() < 16

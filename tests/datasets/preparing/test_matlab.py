from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.io

from segnet.datasets.preparing.matlab import read_matrix
from segnet.errors import UserError


@pytest.mark.parametrize("compressed", [True, False])
def test_a_file_cut_anywhere_is_an_error_that_names_it(compressed: bool, tmp_path: Path) -> None:
    path = tmp_path / "mask.mat"
    labels = np.random.default_rng(0).integers(0, 50, (12, 10), np.uint8)
    scipy.io.savemat(path, {"labels": labels}, do_compression=compressed)
    whole = path.read_bytes()
    np.testing.assert_array_equal(read_matrix(path, "labels"), labels)
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(UserError, match=r"mask\.mat (cannot be read|has no variable 'labels')"):
            read_matrix(path, "labels")


def test_a_damaged_stream_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mask.mat"
    labels = np.random.default_rng(0).integers(0, 50, (12, 10), np.uint8)
    scipy.io.savemat(path, {"labels": labels}, do_compression=True)
    damaged = bytearray(path.read_bytes())
    damaged[160:180] = bytes(20)
    path.write_bytes(damaged)
    with pytest.raises(UserError, match=r"mask\.mat cannot be read \(Error -3"):
        read_matrix(path, "labels")

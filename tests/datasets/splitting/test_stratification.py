from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from segnet.datasets.splitting.stratification import stratify

presences = arrays(bool, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40))
weights = st.lists(st.integers(1, 8), min_size=1, max_size=4)


def stratify_naively(presence: list[list[bool]], shares: list[int]) -> list[int]:
    """Sechidis et al. (2011), algorithm 1, in exact fractions times the sum of the shares."""
    total, classes = sum(shares), range(len(presence[0]))
    wanted = [share * len(presence) for share in shares]
    wanted_of = [[share * sum(row[k] for row in presence) for share in shares] for k in classes]
    parts = [-1] * len(presence)
    while -1 in parts:
        left = {
            k: sum(row[k] for row, p in zip(presence, parts, strict=True) if p < 0) for k in classes
        }
        label = min((k for k in classes if left[k]), key=lambda k: (left[k], k), default=None)
        for image, row in enumerate(presence):
            if parts[image] >= 0 or (label is not None and not row[label]):
                continue
            of_class = wanted_of[label] if label is not None else [0] * len(shares)
            part = max(range(len(shares)), key=lambda p: (of_class[p], wanted[p], -p))
            parts[image] = part
            wanted[part] -= total
            for k in classes:
                wanted_of[k][part] -= total * row[k]
    return parts


@given(presences, weights)
def test_the_split_is_that_of_the_paper(presence: np.ndarray, shares: list[int]) -> None:
    assert stratify(presence, shares).tolist() == stratify_naively(presence.tolist(), shares)


@given(presences, weights)
def test_every_image_has_one_part_and_the_input_is_kept(
    presence: np.ndarray, shares: list[int]
) -> None:
    before = presence.copy()
    parts = stratify(presence, shares)
    assert parts.shape == (len(presence),)
    assert set(parts.tolist()) <= set(range(len(shares)))
    np.testing.assert_array_equal(presence, before)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=80))
def test_images_of_one_class_each_are_divided_as_the_weights_say(labels: list[int]) -> None:
    """With disjoint classes nothing conflicts: each count is within one of its share."""
    presence = np.eye(5, dtype=bool)[labels]
    parts = stratify(presence, (8, 1, 1))
    for label in set(labels):
        images = parts[presence[:, label]]
        for part, share in enumerate((0.8, 0.1, 0.1)):
            assert abs((images == part).sum() - share * len(images)) < 1
        assert len(images) < 10 or set(images) == {0, 1, 2}


def test_rare_classes_reach_every_part_of_a_crowded_data_set() -> None:
    """Like CCP: all images have the first class, and classes in 10 to 100 of 300 images overlap.

    The method does not promise it for every matrix; a random split lacks one nearly always.
    """
    for seed in range(30):
        rng = np.random.default_rng(seed)
        presence = np.zeros((300, 12), bool)
        presence[:, 0] = True
        for label, size in enumerate((10, 10, 12, 15, 20, 25, 30, 40, 60, 80, 100), start=1):
            presence[rng.choice(300, size, replace=False), label] = True
        parts = stratify(presence, (8, 1, 1))
        for part in range(3):
            assert presence[parts == part].any(0).all()


def test_a_hand_worked_split() -> None:
    """Two halves of six images; each wants 1 of class 1's two images and 1.5 of class 0's three.

    Class 1 has fewer images, so rows 3 and 4 go first: a tie, to half 0, then to half 1. Half 0 now
    wants 0.5 of class 0, half 1 still 1.5: row 0 goes to half 1. Row 1: both want 0.5, but half 0
    wants two images more and half 1 one. Rows 2 and 5 have no class and level the sizes.
    """
    presence = np.array([[1, 0], [1, 0], [0, 0], [1, 1], [0, 1], [0, 0]], bool)
    assert stratify(presence, (1, 1)).tolist() == [1, 0, 0, 0, 1, 1]


@pytest.mark.parametrize("count", [0, 7])
def test_images_without_a_class_follow_the_weights(count: int) -> None:
    parts = stratify(np.zeros((count, 3), bool), (5, 1, 1))
    assert np.bincount(parts, minlength=3).tolist() == ([5, 1, 1] if count else [0, 0, 0])

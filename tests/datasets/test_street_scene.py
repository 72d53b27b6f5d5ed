import numpy as np
import pytest

from segnet.datasets.streets.scene import Scene, draw_scene

NUM_CLASSES, VOID = 11, 11
SKY, ROAD = 0, 3


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [draw_scene(0, index, height=48, width=64) for index in range(45)]


@pytest.fixture(scope="module")
def masks(scenes: list[Scene]) -> np.ndarray:
    return np.stack([scene.mask for scene in scenes])


def test_same_seed_and_index_give_the_same_scene(scenes: list[Scene]) -> None:
    again = draw_scene(0, 7, height=48, width=64)
    np.testing.assert_array_equal(again.image, scenes[7].image)
    np.testing.assert_array_equal(again.mask, scenes[7].mask)


@pytest.mark.parametrize(("seed", "index"), [(0, 8), (1, 7)])
def test_another_seed_or_index_gives_another_scene(
    scenes: list[Scene], seed: int, index: int
) -> None:
    other = draw_scene(seed, index, height=48, width=64)
    assert (other.mask != scenes[7].mask).mean() > 0.1


def test_labels_are_the_eleven_classes_and_void(masks: np.ndarray) -> None:
    assert set(np.unique(masks)) == set(range(NUM_CLASSES + 1))


@pytest.mark.parametrize(("height", "width"), [(48, 64), (49, 67), (120, 60), (50, 200), (97, 131)])
def test_scenes_of_any_size_hold_road_and_more(height: int, width: int) -> None:
    for index in range(3):
        scene = draw_scene(2, index, height=height, width=width)
        assert scene.image.shape == (height, width, 3)
        assert scene.mask.shape == (height, width)
        assert scene.image.dtype == scene.mask.dtype == np.uint8
        assert ROAD in scene.mask
        assert len(np.unique(scene.mask)) > 5


def test_every_class_is_frequent_enough_to_be_learnt(masks: np.ndarray) -> None:
    pixels = np.bincount(masks.ravel(), minlength=NUM_CLASSES + 1)
    in_scenes = np.array([(masks == c).any((1, 2)).mean() for c in range(NUM_CLASSES)])
    assert (pixels[:NUM_CLASSES] / pixels[:NUM_CLASSES].sum()).min() > 0.008
    assert in_scenes.min() > 0.35
    assert 0.015 < pixels[VOID] / pixels.sum() < 0.05


def test_brightness_steps_lie_on_borders_of_the_mask(scenes: list[Scene]) -> None:
    on_border, inside = [], []
    for image, mask in scenes:
        steps = np.abs(np.diff(image.astype(float).mean(-1), axis=1))
        border = np.diff(mask.astype(int), axis=1) != 0
        on_border.append(steps[border].mean())
        inside.append(steps[~border].mean())
    assert np.mean(on_border) > 2 * np.mean(inside)


def test_sky_is_brighter_than_the_road_in_most_scenes(scenes: list[Scene]) -> None:
    brighter = [
        image[mask == SKY].mean() > image[mask == ROAD].mean()
        for image, mask in scenes
        if SKY in mask and ROAD in mask
    ]
    assert np.mean(brighter) > 0.9


def test_a_prior_over_positions_does_not_solve_it(masks: np.ndarray) -> None:
    train, test = masks[:35], masks[35:]
    prior = np.stack([(train == c).sum(0) for c in range(NUM_CLASSES)]).argmax(0)
    predicted = np.broadcast_to(prior, test.shape)[test != VOID]
    true = test[test != VOID]
    ious = [
        ((predicted == c) & (true == c)).sum() / ((predicted == c) | (true == c)).sum()
        for c in range(NUM_CLASSES)
    ]
    assert np.mean(ious) < 0.25

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fake_custom import make_custom

from segnet.bench.config import load_config
from segnet.datasets.definition import DatasetDefinition
from segnet.datasets.preparing.samples import Pair, Sample
from segnet.datasets.registry import DATASETS, define_dataset
from segnet.datasets.streets.scene import draw_scene
from segnet.errors import UserError
from segnet.taxonomy import IGNORE_INDEX

OPTIONS = {"seed": 0, "height": 24, "width": 32, "train": 5, "val": 2, "test": 3}


def streets(**changes: int) -> DatasetDefinition:
    return define_dataset("streets", {"streets": OPTIONS | changes})


def scenes(**changes: int) -> dict[str, list[Sample]]:
    return streets(**changes).samples(Path("unused"))


def equal(first: Pair, second: Pair) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))


def test_splits_have_their_sizes_and_share_no_scene() -> None:
    samples = scenes()
    assert {split: len(part) for split, part in samples.items()} == {
        "train": 5,
        "val": 2,
        "test": 3,
    }
    pairs = [sample.read() for part in samples.values() for sample in part]
    names = [sample.name for part in samples.values() for sample in part]
    assert len(set(names)) == len({pair.image.tobytes() for pair in pairs}) == 10
    assert all(sample.sequence == sample.name for sample in samples["train"])


def test_void_is_the_ignore_index_and_the_rest_is_the_scene() -> None:
    image, mask = scenes()["train"][3].read()
    scene = draw_scene(0, 3, height=24, width=32)
    np.testing.assert_array_equal(image, scene.image)
    np.testing.assert_array_equal(mask, np.where(scene.mask == 11, IGNORE_INDEX, scene.mask))
    assert (image.shape, mask.shape, mask.dtype.name) == ((24, 32, 3), (24, 32), "uint8")


def test_a_longer_train_split_changes_no_other_scene() -> None:
    short, long = scenes(), scenes(train=9)
    assert equal(short["test"][0].read(), long["test"][0].read())
    assert equal(short["train"][4].read(), long["train"][4].read())


def test_the_seed_changes_the_scenes() -> None:
    assert not equal(scenes()["val"][0].read(), scenes(seed=1)["val"][0].read())


def test_fetching_leaves_a_marker_that_never_changes(tmp_path: Path) -> None:
    for folder in (tmp_path / "a", tmp_path / "b"):
        streets().fetch(folder)
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["README"]
    assert (tmp_path / "a/README").read_bytes() == (tmp_path / "b/README").read_bytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (OPTIONS | {"sed": 1}, r"unknown option 'datasets\.streets\.sed'\. Did you mean 'seed'\?"),
        ({**OPTIONS, "train": 0}, r"'datasets\.streets\.train': .* greater than .* not 0"),
        ({**OPTIONS, "height": "tall"}, r"'datasets\.streets\.height': .* not 'tall'"),
        ({"seed": 0}, r"'datasets\.streets\.height' is missing"),
    ],
)
def test_a_wrong_option_is_an_error(options: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=rf"params\.yaml: {message}"):
        define_dataset("streets", {"streets": options})


@pytest.mark.parametrize("name", DATASETS)
def test_every_data_set_is_described_and_configured(name: str, tmp_path: Path) -> None:
    own = {"custom": {"file": str(make_custom(tmp_path))}}  # there is none until a user has one
    definition = define_dataset(name, load_config().datasets | own)
    for text in (definition.title, definition.source, definition.licence, definition.citation):
        assert text

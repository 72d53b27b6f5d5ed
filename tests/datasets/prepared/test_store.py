from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from fakes import BIG, TWO_CLASSES, pair_of, sample, write

from segnet.datasets.preparing.parallel import worker_processes
from segnet.datasets.preparing.samples import Pair
from segnet.datasets.preparing.writing import write_dataset
from segnet.errors import UserError
from segnet.taxonomy import IGNORE_INDEX


def test_what_was_written_is_read_back_in_name_order(tmp_path: Path) -> None:
    first, second, third = pair_of(1), pair_of(2), pair_of(3)
    samples = [sample("b", second), sample("a", first)]
    data = write(tmp_path / "out", train=samples, val=[sample("c", third)])

    assert data.taxonomy == TWO_CLASSES
    assert list(data.splits) == ["train", "val"]
    train = data.splits["train"]
    assert (train.names, train.sequences) == (("a", "b"), ("video of a", "video of b"))
    np.testing.assert_array_equal(train.images, [first.image, second.image])
    np.testing.assert_array_equal(train.masks, [first.mask, second.mask])
    np.testing.assert_array_equal(train.class_counts[0], [np.sum(first.mask == c) for c in (0, 1)])
    assert isinstance(train.images, np.memmap)
    assert not train.images.flags.writeable
    assert len(train) == 2


def test_shares_are_of_labelled_pixels_and_void_of_all(tmp_path: Path) -> None:
    mask = np.array([[0, 0, 0, 1], [IGNORE_INDEX] * 4], np.uint8)
    pair = Pair(np.zeros((2, 4, 3), np.uint8), mask)
    train = write(tmp_path / "out", train=[sample("a", pair)]).splits["train"]
    assert train.class_shares().tolist() == [0.75, 0.25]
    assert train.void_share() == 0.5


def test_images_of_other_sizes_sit_on_a_padded_canvas(tmp_path: Path) -> None:
    wide, tall, small = pair_of(1, 2, 5), pair_of(2, 4, 3), pair_of(3, 1, 1)
    samples = [sample(name, pair) for name, pair in zip("abc", (wide, tall, small), strict=True)]
    split = write(tmp_path / "out", train=samples).splits["train"]
    assert split.images.shape == (3, 4, 5, 3)
    assert split.image_sizes.tolist() == split.mask_sizes.tolist() == [[2, 5], [4, 3], [1, 1]]
    for index, (image, mask) in enumerate((wide, tall, small)):
        height, width = mask.shape
        np.testing.assert_array_equal(split.images[index, :height, :width], image)
        np.testing.assert_array_equal(split.mask(index), mask)
        assert split.images[index].sum(dtype=int) == image.sum(dtype=int)
        assert np.sum(split.masks[index] != IGNORE_INDEX) == np.sum(mask != IGNORE_INDEX)


def test_images_shrink_and_masks_do_not(tmp_path: Path) -> None:
    pair = pair_of(1, 12, 20)
    split = write(tmp_path / "out", (6, 8), train=[sample("a", pair)]).splits["train"]
    assert split.image_sizes.tolist() == [[5, 8]]
    assert split.mask_sizes.tolist() == [[12, 20]]
    np.testing.assert_array_equal(split.masks[0], pair.mask)


def test_the_fingerprint_is_the_digest_of_the_native_pixels(tmp_path: Path) -> None:
    pairs = {"a": pair_of(1), "b": pair_of(2), "c": pair_of(3)}
    samples = [sample(name, pairs[name]) for name in "ba"]
    expected = hashlib.sha256()
    for split, names in (("train", "ab"), ("test", "c")):
        expected.update(f"{split}\n".encode())
        for name in names:
            content = b"".join((pairs[name].image.tobytes(), pairs[name].mask.tobytes()))
            expected.update(hashlib.sha256(f"{name}\n4 6\n".encode() + content).digest())
    for folder, size in (("full", BIG), ("small", (2, 3))):
        data = write(tmp_path / folder, size, train=samples, test=[sample("c", pairs["c"])])
        assert data.fingerprint == expected.hexdigest()


def test_one_pixel_or_one_name_changes_the_fingerprint(tmp_path: Path) -> None:
    changed_image, changed_mask = pair_of(1), pair_of(1)
    changed_image.image[0, 0, 0] ^= 1
    changed_mask.mask[0, 0] = 1 - min(changed_mask.mask[0, 0], 1)
    variants = [
        sample("a", pair_of(1)),
        sample("b", pair_of(1)),
        sample("a", changed_image),
        sample("a", changed_mask),
    ]
    found = {write(tmp_path / str(i), train=[one]).fingerprint for i, one in enumerate(variants)}
    assert len(found) == 4


@pytest.mark.slow
def test_worker_processes_give_the_same_store(tmp_path: Path) -> None:
    samples = {"train": [sample(f"{number:02d}", pair_of(number)) for number in range(40)]}
    here = write_dataset(tmp_path / "here", TWO_CLASSES, samples, working_size=BIG)
    stray = pair_of(1)
    stray.mask[0, 0] = 7
    with worker_processes() as executor:
        there = write_dataset(
            tmp_path / "there", TWO_CLASSES, samples, working_size=BIG, executor=executor
        )
        with pytest.raises(UserError, match="has label 7"):
            write_dataset(
                tmp_path / "bad",
                TWO_CLASSES,
                {"train": [sample("bad", stray)]},
                working_size=BIG,
                executor=executor,
            )
    assert here.fingerprint == there.fingerprint
    np.testing.assert_array_equal(here.splits["train"].images, there.splits["train"].images)


def test_progress_is_one_line_a_split_where_there_is_no_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "out", train=[sample("a", pair_of(1))], val=[sample("b", pair_of(1))])
    captured = capsys.readouterr()
    assert captured.out == ""
    first, second = captured.err.splitlines()
    assert first.startswith("train: 1 images in ")
    assert second.startswith("val: 1 images in ")
    assert first.endswith(" images/s)")

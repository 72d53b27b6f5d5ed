from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fake_custom import CLASSES, INK, YAML, make_custom, recolor
from PIL import Image

from segnet.datasets.custom import MANIFEST
from segnet.datasets.custom.description import FractionPerSplit
from segnet.datasets.custom.splits import split_by_fractions
from segnet.datasets.definition import DatasetDefinition
from segnet.datasets.preparing.samples import Sample
from segnet.datasets.preparing.writing import write_dataset
from segnet.datasets.registry import define_dataset
from segnet.errors import UserError
from segnet.taxonomy import IGNORE_INDEX

EIGHTY = FractionPerSplit(train=0.8, val=0.1, test=0.1)


def custom(file: Path) -> DatasetDefinition:
    return define_dataset("custom", {"custom": {"file": str(file)}})


def fetched(file: Path) -> dict[str, list[Sample]]:
    definition = custom(file)
    definition.fetch(file.parent / "raw")
    return definition.samples(file.parent / "raw")


def names(splits: dict[str, list[Sample]]) -> dict[str, list[str]]:
    return {split: [one.name for one in samples] for split, samples in splits.items()}


def test_ten_pairs_are_split_prepared_and_keep_their_pixels(tmp_path: Path) -> None:
    file = make_custom(tmp_path, image_suffix=".png")
    definition, splits = custom(file), fetched(file)
    data = write_dataset(tmp_path / "prepared", definition.taxonomy, splits, working_size=(48, 64))
    assert data.taxonomy.names == CLASSES
    assert {split: len(part) for split, part in data.splits.items()} == {
        "train": 8,
        "val": 1,
        "test": 1,
    }
    part = data.splits["train"]
    for index, name in enumerate(part.names):
        with Image.open(tmp_path / f"masks/{name}.png") as mask:
            np.testing.assert_array_equal(part.mask(index), np.asarray(mask))
        with Image.open(tmp_path / f"images/{name}.png") as image:
            np.testing.assert_array_equal(part.images[index], np.asarray(image))
    assert (part.mask(0)[-1] == IGNORE_INDEX).all()


def test_color_masks_mean_the_same_as_grey_ones(tmp_path: Path) -> None:
    grey = fetched(make_custom(tmp_path / "grey"))
    pairs = zip(CLASSES, INK, strict=True)
    table = ", ".join(f"{name}: {{color: {list(ink)}}}" for name, ink in pairs)
    text = YAML.replace("[ground, disc, box]", f"{{{table}}}").replace("255", "[0, 0, 0]")
    file = make_custom(tmp_path / "color", text=text)
    for mask in (tmp_path / "color/masks").iterdir():
        recolor(mask, {**dict(enumerate(INK)), 255: (0, 0, 0)})
    assert custom(file).taxonomy.colors == INK
    for one, other in zip(grey["train"], fetched(file)["train"], strict=True):
        assert one.name == other.name
        np.testing.assert_array_equal(one.read().mask, other.read().mask)


@pytest.mark.parametrize("count", [3, 4, 10, 57])
def test_fractions_give_every_split_an_image_and_nothing_twice(count: int) -> None:
    members = {f"n{index}": f"n{index}" for index in range(count)}
    splits = split_by_fractions(members, EIGHTY, seed=0)
    assert sorted(name for part in splits.values() for name in part) == sorted(members)
    for split, share in (("train", 0.8), ("val", 0.1), ("test", 0.1)):
        assert len(splits[split]) >= 1
        assert abs(len(splits[split]) - share * count) < 2


def test_fractions_depend_on_the_seed_and_not_on_the_order_of_files() -> None:
    members = {f"n{index}": f"n{index}" for index in range(50)}
    backwards = dict(reversed(members.items()))
    first = split_by_fractions(members, EIGHTY, seed=0)
    assert split_by_fractions(backwards, EIGHTY, seed=0) == first
    assert split_by_fractions(members, EIGHTY, seed=1) != first


def test_fractions_keep_a_sequence_whole() -> None:
    sequence_of = {f"v{number // 5}_{number}": f"v{number // 5}" for number in range(50)}
    splits = split_by_fractions(sequence_of, EIGHTY, seed=0)
    videos = [{sequence_of[name] for name in part} for part in splits.values()]
    assert sum(map(len, videos)) == len(set.union(*videos)) == 10
    assert [len(part) for part in splits.values()] == [40, 5, 5]


def test_two_images_are_too_few(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="2 sequences or stills"):
        fetched(make_custom(tmp_path, count=2))


def test_sequence_is_the_first_group_of_the_expression(tmp_path: Path) -> None:
    file = make_custom(tmp_path, text=f"{YAML}sequence: '(_\\d)'\n")
    with pytest.raises(UserError, match="1 sequences or stills"):
        fetched(file)
    file.write_text(f"{YAML}sequence: '_\\d(\\d)'\n")
    assert all(one.sequence == one.name[-1] for one in fetched(file)["train"])
    file.write_text(f"{YAML}sequence: 'video_(.)'\n")
    with pytest.raises(UserError, match=r"sequence: 'video_\(\.\)' finds no video in 'drawing_00'"):
        fetched(file)


LISTS = {"train": range(6), "val": range(6, 8), "test": range(8, 9)}


def test_lists_name_the_images_of_each_split_in_any_form(tmp_path: Path) -> None:
    text = f"{YAML}splits: {{train: train.txt, val: val.txt, test: test.txt}}\n"
    file = make_custom(tmp_path, text=text)
    for split, numbers in LISTS.items():
        forms = ("drawing_{:02d}", "drawing_{:02d}.jpg", "images/drawing_{:02d}.jpg")
        lines = [forms[number % 3].format(number) for number in numbers]
        (tmp_path / f"{split}.txt").write_text("\n".join(lines) + "\n\n")
    (tmp_path / "masks/drawing_09.png").unlink()  # takes no part
    wanted = {split: [f"drawing_{one:02d}" for one in LISTS[split]] for split in LISTS}
    assert names(fetched(file)) == wanted


@pytest.mark.parametrize("parts", [("images",), ("images", "masks")])
def test_images_may_lie_in_a_folder_per_split(tmp_path: Path, parts: tuple[str, ...]) -> None:
    text = YAML
    for part in parts:
        folders = ", ".join(f"{split}: {split}/{part}" for split in LISTS)
        text = text.replace(f"{part}: {part}", f"{part}: {{{folders}}}")
    file = make_custom(tmp_path, count=9, text=text)
    for part in parts:
        for split, numbers in LISTS.items():
            (tmp_path / split / part).mkdir(parents=True)
            for number in numbers:
                for path in (tmp_path / part).glob(f"drawing_{number:02d}.*"):
                    path.rename(tmp_path / split / part / path.name)
    wanted = {split: [f"drawing_{one:02d}" for one in LISTS[split]] for split in LISTS}
    assert names(fetched(file)) == wanted


def test_masks_with_a_suffix_may_lie_beside_the_images(tmp_path: Path) -> None:
    text = YAML.replace("images: images", "images: '*/*'").replace("masks: masks", "masks: '*/*'")
    file = make_custom(tmp_path, text=f"{text}mask_suffix: _L\n")
    for mask in (tmp_path / "masks").iterdir():
        mask.rename(tmp_path / f"images/{mask.stem}_L.png")
    assert [len(part) for part in fetched(file).values()] == [8, 1, 1]


def spread(folder: Path, *, images: str, masks: str) -> None:
    """Move the pairs into folders and under names by patterns of video and frame number."""
    for part, pattern in (("images", images), ("masks", masks)):
        for path in sorted((folder / part).iterdir()):
            number = int(path.stem[-2:])
            target = folder / pattern.format(video=f"v{number // 4}", frame=number % 4)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target.with_suffix(path.suffix))
        (folder / part).rmdir()


@pytest.mark.parametrize(
    ("images", "masks", "image_place", "mask_place"),
    [
        ("frames/{video}/{frame}.x", "drawn/{video}/{frame}.x", "frames/*/*", "drawn/*/*"),
        ("data/{video}/rgb/{frame}.x", "data/{video}/m/{frame}.x", "data/*/rgb/*", "data/*/m/*"),
        ("f/{video}/deep/{frame}.x", "d/{video}/deep/{frame}.x", "f/**/*", "d/**/*"),
        ("f/{video}/{frame}.x", "d/{video}/{frame}.x", "f\\*\\*", "d\\*\\*"),
    ],
)
def test_frames_of_one_name_in_several_folders_pair_by_their_folders(
    tmp_path: Path, images: str, masks: str, image_place: str, mask_place: str
) -> None:
    text = YAML.replace("images: images", f"images: '{image_place}'")
    file = make_custom(tmp_path, text=text.replace("masks: masks", f"masks: '{mask_place}'"))
    before = {path.stem: Image.open(path).tobytes() for path in (tmp_path / "masks").iterdir()}
    spread(tmp_path, images=images, masks=masks)
    samples = [one for part in fetched(file).values() for one in part]
    assert len({one.name for one in samples}) == 10
    for one in samples:
        video, frame = one.name.split("/")[0], one.name.split("/")[-1]
        number = 4 * int(video[1:]) + int(frame)
        stored = np.frombuffer(before[f"drawing_{number:02d}"], np.uint8)
        np.testing.assert_array_equal(one.read().mask.ravel(), stored)


def test_lists_may_name_frames_by_folder_and_with_backslashes(tmp_path: Path) -> None:
    text = YAML.replace("images: images", "images: frames/*/*")
    text = text.replace("masks: masks", "masks: drawn/*/*")
    places = "splits: {train: lists\\train.txt, val: lists\\val.txt, test: lists\\test.txt}\n"
    file = make_custom(tmp_path, text=text + places)
    spread(tmp_path, images="frames/{video}/{frame}.x", masks="drawn/{video}/{frame}.x")
    (tmp_path / "lists").mkdir()
    forms = ("frames\\v{}\\{}.jpg", "v{}/{}", "drawn\\v{}\\{}.png")
    for split, numbers in LISTS.items():
        lines = [forms[number % 3].format(number // 4, number % 4) for number in numbers]
        (tmp_path / f"lists/{split}.txt").write_text("\r\n".join(lines))
    wanted = {
        split: [f"v{number // 4}/{number % 4}" for number in numbers]
        for split, numbers in LISTS.items()
    }
    assert names(fetched(file)) == wanted


def test_splits_in_folders_of_their_own_may_count_from_the_same_number(tmp_path: Path) -> None:
    places = ", ".join(f"{split}: {split}/images" for split in LISTS)
    text = YAML.replace("images: images", f"images: {{{places}}}")
    text = text.replace("masks: masks", f"masks: {{{places.replace('images', 'masks')}}}")
    file = make_custom(tmp_path, text=text)
    for part in ("images", "masks"):
        for split, numbers in LISTS.items():
            (tmp_path / split / part).mkdir(parents=True)
            for place, number in enumerate(numbers):
                [path] = (tmp_path / part).glob(f"drawing_{number:02d}.*")
                path.rename(tmp_path / split / part / f"{place}{path.suffix}")
    assert names(fetched(file)) == {
        split: [f"{split}/{place}" for place in range(len(numbers))]
        for split, numbers in LISTS.items()
    }


def test_images_and_masks_may_both_have_prefixes_and_suffixes(tmp_path: Path) -> None:
    text = YAML.replace("images: images", "images: all").replace("masks: masks", "masks: all")
    affixes = "image_suffix: _leftImg8bit\nmask_prefix: gt-\nmask_suffix: _gtFine_labelIds\n"
    file = make_custom(tmp_path, text=text + affixes)
    (tmp_path / "all").mkdir()
    for path in (tmp_path / "images").iterdir():
        path.rename(tmp_path / f"all/{path.stem}_leftImg8bit.jpg")
    for path in (tmp_path / "masks").iterdir():
        path.rename(tmp_path / f"all/gt-{path.stem}_gtFine_labelIds.png")
    (tmp_path / "all/drawing_00_gtFine_color.png").write_bytes(b"not looked at")
    found = fetched(file)
    assert [len(part) for part in found.values()] == [8, 1, 1]
    assert {one.name for part in found.values() for one in part} == {
        f"drawing_{number:02d}" for number in range(10)
    }
    file.write_text(f"{text}image_prefix: no\nmask_suffix: .png\n")
    with pytest.raises(UserError) as stop:
        fetched(file)
    assert "no file in 'all' has a name that begins with 'no'" in str(stop.value)
    assert "the ending of the file, such as .png, is no part of it" in str(stop.value)


def test_accents_composed_or_apart_are_one_name(tmp_path: Path) -> None:
    text = YAML.replace("images: images", "images: dessin\u00e9")  # one letter
    lists = "splits: {train: train.txt, val: val.txt, test: test.txt}\n"
    file = make_custom(tmp_path, count=9, text=text + lists)
    for path in list((tmp_path / "images").iterdir()):
        path.rename(path.with_stem(f"{path.stem}_e\u0301"))  # a letter and an accent
    for path in list((tmp_path / "masks").iterdir()):
        path.rename(path.with_stem(f"{path.stem}_\u00e9"))
    (tmp_path / "images").rename(tmp_path / "dessine\u0301")
    for split, numbers in LISTS.items():
        lines = [f"drawing_{number:02d}_e\u0301.jpg" for number in numbers]
        (tmp_path / f"{split}.txt").write_text("\n".join(lines))
    wanted = {split: [f"drawing_{one:02d}_\u00e9" for one in LISTS[split]] for split in LISTS}
    assert names(fetched(file)) == wanted


def test_folder_with_brackets_is_a_folder_and_a_wrong_glob_is_an_error(tmp_path: Path) -> None:
    file = make_custom(tmp_path, text=YAML.replace("images: images", "images: 'set[1]'"))
    (tmp_path / "images").rename(tmp_path / "set[1]")
    assert [len(part) for part in fetched(file).values()] == [8, 1, 1]
    file.write_text(YAML.replace("images: images", "images: 'a**/*.png'"))
    with pytest.raises(UserError, match=r"images: 'a\*\*/\*\.png': "):
        fetched(file)


@pytest.mark.parametrize("kind", ["pipe", "device", "large"])
def test_list_that_is_no_list_is_an_error_and_not_read(tmp_path: Path, kind: str) -> None:
    place = "/dev/zero" if kind == "device" else "list.txt"
    text = f"{YAML}splits: {{train: {place}, val: {place}, test: {place}}}\n"
    file = make_custom(tmp_path, text=text)
    if kind == "pipe":
        os.mkfifo(tmp_path / "list.txt")
    elif kind == "large":
        with (tmp_path / "list.txt").open("wb") as content:
            content.truncate(2**30)
    message = "has 1073741824 bytes" if kind == "large" else "is no file"
    with pytest.raises(UserError, match=rf"splits\.train: .*{message}.*a name a line"):
        fetched(file)


@pytest.mark.parametrize(
    "text", ["{", "[]", "null", '{"splits": 1}', "\x00\xff", '{"classes": []}']
)
def test_damaged_manifest_is_named_with_the_command_that_mends_it(
    tmp_path: Path, text: str
) -> None:
    file = make_custom(tmp_path)
    fetched(file)
    (tmp_path / "raw" / MANIFEST).write_bytes(text.encode("latin-1"))
    with pytest.raises(UserError, match=r"manifest\.json is damaged.*`segbench run --dataset"):
        custom(file).samples(tmp_path / "raw")


def test_class_labels_may_be_any_bytes(tmp_path: Path) -> None:
    text = YAML.replace("[ground, disc, box]", "{disc: {label: 1}, box: {label: 2}}")
    file = make_custom(tmp_path, text=text.replace("255", "[0, 255]"))
    image, mask = fetched(file)["train"][0].read()
    assert image.shape == (48, 64, 3)
    assert set(np.unique(mask)) == {0, 1, IGNORE_INDEX}


def lose_mask(folder: Path) -> None:
    (folder / "masks/drawing_03.png").unlink()


def lose_image(folder: Path) -> None:
    (folder / "images/drawing_03.jpg").unlink()


def double_image(folder: Path) -> None:
    shutil.copy(folder / "images/drawing_03.jpg", folder / "images/drawing_03.jpeg")


def empty_masks(folder: Path) -> None:
    shutil.rmtree(folder / "masks")
    (folder / "masks").mkdir()


def lose_folder(folder: Path) -> None:
    shutil.rmtree(folder / "images")


def plant_copy(folder: Path) -> None:
    for number in range(1, 10):
        shutil.copy(folder / "images/drawing_00.jpg", folder / f"images/drawing_{number:02d}.jpg")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lose_mask, r"1 without mask: images/drawing_03\.jpg"),
        (lose_image, r"1 without image: masks/drawing_03\.png"),
        (double_image, r"drawing_03\.jpeg and images/drawing_03\.jpg have one name"),
        (empty_masks, r"masks: no image files in 'masks'"),
        (lose_folder, r"images: there is no folder .*images"),
        (plant_copy, r"are the same image"),
    ],
)
def test_what_does_not_fit_stops_before_anything_is_written(
    tmp_path: Path, damage: Callable[[Path], None], message: str
) -> None:
    file = make_custom(tmp_path)
    damage(tmp_path)
    with pytest.raises(UserError, match=rf"drawings\.yaml: .*{message}"):
        fetched(file)
    assert not (tmp_path / "raw").exists()


def test_image_in_two_lists_is_an_error_that_names_it(tmp_path: Path) -> None:
    text = f"{YAML}splits: {{train: a.txt, val: b.txt, test: c.txt}}\n"
    file = make_custom(tmp_path, text=text)
    for name, numbers in (("a", (0, 1, 2)), ("b", (3,)), ("c", (4, 1))):
        lines = "\n".join(f"drawing_{number:02d}" for number in numbers)
        (tmp_path / f"{name}.txt").write_text(lines)
    with pytest.raises(UserError, match="drawing_01 in both 'train' and 'test'"):
        fetched(file)
    (tmp_path / "c.txt").write_text("drawing_4\n")
    with pytest.raises(UserError, match=r"c\.txt lists drawing_4, .*Did you mean 'drawing_.4'"):
        fetched(file)


def test_mask_of_another_size_is_an_error_with_both_sizes(tmp_path: Path) -> None:
    file = make_custom(tmp_path)
    samples = fetched(file)["train"]
    Image.new("L", (10, 20)).save(tmp_path / f"masks/{samples[0].name}.png")
    message = rf"{samples[0].name}\.jpg is 64x48 but .*{samples[0].name}\.png is 10x20"
    with pytest.raises(UserError, match=message):
        fetched(file)["train"][0].read()


def test_manifest_changes_with_contents_and_meaning_and_with_nothing_else(tmp_path: Path) -> None:
    file = make_custom(tmp_path)
    fetched(file)
    manifest = tmp_path / "raw" / MANIFEST
    before, written = manifest.read_bytes(), manifest.stat().st_mtime_ns
    (tmp_path / "masks/drawing_00.png").touch()
    file.write_text(YAML.replace("Discs and boxes", "Another title"))
    fetched(file)
    assert (manifest.read_bytes(), manifest.stat().st_mtime_ns) == (before, written)
    file.write_text(YAML.replace("box]", "crate]"))
    fetched(file)
    renamed = manifest.read_bytes()
    assert renamed != before
    Image.new("L", (64, 48), 1).save(tmp_path / "masks/drawing_00.png")
    fetched(file)
    assert manifest.read_bytes() not in (before, renamed)


def test_manifest_holds_no_machine_path(tmp_path: Path) -> None:
    fetched(make_custom(tmp_path))
    text = (tmp_path / "raw" / MANIFEST).read_text()
    assert str(tmp_path) not in text
    assert json.loads(text)["splits"]["train"][0]["image"].startswith("images/drawing_")


def test_file_that_changed_after_fetching_is_not_read(tmp_path: Path) -> None:
    samples = fetched(make_custom(tmp_path))["train"]
    Image.new("L", (64, 48), 1).save(tmp_path / f"masks/{samples[0].name}.png")
    with pytest.raises(UserError, match=r"\.png has changed since .* Run `segbench run`"):
        samples[0].read()


def test_yaml_that_changed_after_fetching_is_not_used(tmp_path: Path) -> None:
    file = make_custom(tmp_path)
    fetched(file)
    file.write_text(YAML.replace("ignore: 255", "ignore: [254, 255]"))
    with pytest.raises(UserError, match=r"says other things of its classes.*segbench run"):
        custom(file).samples(tmp_path / "raw")
    with pytest.raises(UserError, match=r"manifest\.json does not exist"):
        custom(file).samples(tmp_path / "nowhere")

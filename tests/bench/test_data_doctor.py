from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from fake_custom import INK, YAML, make_custom
from odd_pictures import huge_png
from PIL import Image
from typer.testing import CliRunner

from segnet.bench.contact_sheet import contact_sheet, make_tile
from segnet.bench.data_doctor import examine_data
from segnet.cli import app
from segnet.taxonomy import Taxonomy

LISTS = "splits: {train: train.txt, val: val.txt, test: test.txt}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Ten pairs split by lists: 0..6, 7 and 8, 9."""
    file = make_custom(tmp_path / "data", text=YAML + LISTS, image_suffix=".png")
    for split, numbers in (("train", range(7)), ("val", (7, 8)), ("test", (9,))):
        names = "\n".join(f"drawing_{number:02d}" for number in numbers)
        (file.parent / f"{split}.txt").write_text(names)
    return file


def problems(file: Path) -> list[tuple[str, str, str]]:
    found = examine_data(file, file.parent / "sheet.png")
    assert all(one.next_step for one in found)
    return [(one.level, one.where, one.found) for one in found if one.level != "fact"]


def paint(file: Path, number: int, label: int, rows: slice = slice(None)) -> None:
    path = file.parent / f"masks/drawing_{number:02d}.png"
    with Image.open(path) as image:
        labels = np.array(image)
    labels[rows] = label
    Image.fromarray(labels).save(path)


def test_sound_data_has_no_problem_and_a_sheet(file: Path) -> None:
    assert problems(file) == []
    with Image.open(file.parent / "sheet.png") as sheet:
        assert sheet.width > 1000


def test_everything_that_is_wrong_is_told_at_once(file: Path) -> None:
    data = file.parent
    (data / "masks/drawing_00.png").unlink()
    Image.new("L", (30, 20)).save(data / "masks/drawing_01.png")
    paint(file, 2, 7, slice(0, 1))
    paint(file, 3, 9, slice(4, 6))
    (data / "images/drawing_04.png").write_bytes(b"no image")
    shutil.copy(data / "images/drawing_05.png", data / "images/drawing_09.png")
    shutil.copy(data / "images/drawing_07.png", data / "images/drawing_08.png")
    found = problems(file)
    errors = {where: text for level, where, text in found if level == "error"}
    assert "1 without mask: images/drawing_00.png" in errors[f"{file}: images"]
    assert "is 64x48 but" in errors["train/drawing_01"]
    assert "label 7 (64 pixels), first at row 0, column 0" in errors["train/drawing_02"]
    assert "label 9 (128 pixels), first at row 4, column 0" in errors["train/drawing_03"]
    assert "cannot be decoded" in errors["train/drawing_04"]
    assert errors["train/drawing_05, test/drawing_09"] == "same pixels in several splits"
    assert len(errors) == 6
    warnings = {where: text for level, where, text in found if level == "warning"}
    assert warnings == {"val/drawing_07, val/drawing_08": "same pixels"}


def test_images_with_the_same_pixels_are_found_whatever_their_format(file: Path) -> None:
    with Image.open(file.parent / "images/drawing_00.png") as image:
        image.save(file.parent / "images/drawing_09.bmp")
    (file.parent / "images/drawing_09.png").unlink()
    assert problems(file) == [
        ("error", "train/drawing_00, test/drawing_09", "same pixels in several splits")
    ]


def test_class_that_a_split_lacks_is_a_warning(file: Path) -> None:
    paint(file, 9, 0)
    assert problems(file) == [
        ("warning", f"{file}: classes", "no pixel of disc, box in 'test'"),
    ]


def test_mask_of_nothing_but_void_is_a_warning(file: Path) -> None:
    paint(file, 3, 255)
    assert problems(file) == [
        ("warning", f"{file}: masks", "nothing but void: train/drawing_03"),
    ]


def test_overlap_by_name_and_a_cut_video_are_found(file: Path) -> None:
    file.write_text(f"{YAML}{LISTS}sequence: '(drawing)'\n")
    (file.parent / "val.txt").write_text("drawing_07\ndrawing_06\n")
    found = [text for _, where, text in problems(file) if where == f"{file}: splits"]
    assert found == [
        "drawing_06 in both 'train' and 'val'",
        "frames of drawing are in several splits",
    ]


def test_turned_picture_is_a_warning(file: Path) -> None:
    with Image.open(file.parent / "images/drawing_00.png") as image:
        exif = image.getexif()
        exif[0x0112] = 6  # the EXIF tag of the orientation; 6 is a quarter turn
        image.save(file.parent / "images/drawing_00.png", exif=exif)
    [(level, where, text)] = problems(file)
    assert (level, where) == ("warning", "train/drawing_00")
    assert "EXIF" in text


def test_sheet_shows_the_image_and_half_of_the_class_color_over_it() -> None:
    image = np.full((150, 200, 3), 100, np.uint8)
    mask = np.zeros((150, 200), np.uint8)
    mask[:, 100:] = 1
    taxonomy = Taxonomy(("a", "b"), INK[:2])
    sheet = np.asarray(contact_sheet([make_tile("x", image, mask)], taxonomy))
    assert sheet[100, 50].tolist() == [100, 100, 100]
    for column, ink in ((8 + 201 + 50, INK[0]), (8 + 201 + 150, INK[1])):
        assert sheet[100, column].tolist() == [round(50 + 0.5 * part) for part in ink]


def test_command_exits_with_one_only_if_there_is_an_error(file: Path, tmp_path: Path) -> None:
    runner, sheet = CliRunner(), tmp_path / "out.png"
    good = runner.invoke(app, ["doctor", str(file), "--output", str(sheet)])
    assert good.exit_code == 0, good.output
    assert sheet.exists()
    paint(file, 9, 0)  # a warning
    assert runner.invoke(app, ["doctor", str(file), "--output", str(sheet)]).exit_code == 0
    paint(file, 9, 77)
    bad = runner.invoke(app, ["doctor", str(file), "--output", str(sheet), "--json"])
    assert bad.exit_code == 1
    assert {one["level"] for one in json.loads(bad.stdout)} == {"error", "warning", "fact"}


def store(file: Path, values: dict[int, int]) -> None:
    """Replace the labels of all masks."""
    for path in (file.parent / "masks").iterdir():
        with Image.open(path) as image:
            stored = np.array(image)
        for old, new in sorted(values.items(), reverse=True):
            stored[stored == old] = new
        Image.fromarray(stored).save(path)


@pytest.fixture
def without_lists(file: Path) -> Path:
    file.write_text(YAML)
    return file


@pytest.mark.parametrize("ignore", ["255", "[]"])
def test_masks_of_black_and_white_are_told_the_lines_they_need(
    without_lists: Path, ignore: str
) -> None:
    file = without_lists
    text = YAML.replace("[ground, disc, box]", "[ground, thing]").replace("255", ignore)
    file.write_text(text)
    store(file, {255: 0, 1: 255, 2: 255})
    step = step_of(file, "classes")
    assert "write `classes: {ground: {label: 0}, thing: {label: 255}}`" in step
    assert ("take 255 out of `ignore`" in step) == (ignore == "255")
    file.write_text(
        text.replace("[ground, thing]", "{ground: {label: 0}, thing: {label: 255}}").replace(
            f"ignore: {ignore}\n", ""
        )
    )
    assert [one for one in problems(file) if one[0] == "error"] == []


@pytest.mark.parametrize("last", [3, 2])
def test_labels_that_count_from_one_are_told_the_line_they_need(
    without_lists: Path, last: int
) -> None:
    file = without_lists
    store(file, {0: 1, 1: 2, 2: last})  # where the last never occurs, no label is stray
    table = "{ground: {label: 1}, disc: {label: 2}, box: {label: 3}}"
    assert f"write `classes: {table}`" in step_of(file, "classes")


def test_class_without_a_training_pixel_is_an_error(file: Path) -> None:
    for number in range(7):
        store_one(file, number, {2: 0})
    assert problems(file) == [("error", f"{file}: classes", "no pixel of box in 'train'")]
    assert "take it out of `classes`" in step_of(file, "classes")


def store_one(file: Path, number: int, values: dict[int, int]) -> None:
    path = file.parent / f"masks/drawing_{number:02d}.png"
    with Image.open(path) as image:
        stored = np.array(image)
    for old, new in values.items():
        stored[stored == old] = new
    Image.fromarray(stored).save(path)


def step_of(file: Path, key: str) -> str:
    found = examine_data(file, file.parent / "sheet.png")
    [step] = [
        one.next_step for one in found if one.where == f"{file}: {key}" and one.level == "error"
    ]
    return step


def test_huge_picture_hides_no_other_finding(file: Path) -> None:
    huge_png(file.parent / "images/drawing_00.png")
    paint(file, 3, 9)
    errors = {where: text for level, where, text in problems(file) if level == "error"}
    assert "more than the 179 megapixels" in errors["train/drawing_00"]
    assert "label 9" in errors["train/drawing_03"]


def test_further_pages_and_transparency_are_warnings(file: Path) -> None:
    pages = [Image.new("RGB", (64, 48), color) for color in ("red", "blue")]
    images = file.parent / "images"
    (images / "drawing_00.png").unlink()
    pages[0].save(images / "drawing_00.tif", save_all=True, append_images=pages[1:])
    for number in (1, 2):
        path = images / f"drawing_{number:02d}.png"
        with Image.open(path) as image:
            clear = image.convert("RGBA")
        clear.putpixel((3, 3), (255, 0, 0, 0))
        clear.save(path)
    assert problems(file) == [
        ("warning", "train/drawing_00", "1 of several pages, of which the first is used"),
        (
            "warning",
            "train/drawing_01, train/drawing_02",
            "2 transparent in places, where hidden colours are used",
        ),
    ]


def test_names_with_markup_are_shown_as_they_are(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    file.write_text(file.read_text().replace("disc, box", "'[/x]', '[red]'"))
    for number in range(7):
        store_one(file, number, {2: 0, 1: 0})
    result = CliRunner().invoke(app, ["doctor", str(file), "--output", str(file.parent / "s.png")])
    assert "no pixel of [/x], [red] in" in " ".join(result.stdout.split())

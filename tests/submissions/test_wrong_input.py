"""Each kind of wrong input is one clear message; nothing is guessed and nothing half scored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fake_submissions import (
    CLASSES,
    NAMES,
    fake_predictions,
    fake_truth,
    probabilities_of,
    save_index_png,
    save_npy,
)
from PIL import Image

from segnet.errors import UserError
from segnet.submissions.label_code import read_label_code
from segnet.submissions.scoring import score_predictions


def score(path: Path, labels: str = "", **options: object) -> None:
    code = read_label_code(labels, CLASSES)
    score_predictions(path, fake_truth(), code, **options)  # type: ignore[arg-type]


def first(folder: Path) -> Path:
    return folder / f"{NAMES[0]}.png"


def smaller(folder: Path) -> None:
    Image.fromarray(fake_predictions()[NAMES[0]][:6, :8]).save(first(folder))


def missing(folder: Path) -> None:
    first(folder).unlink()


def extra(folder: Path) -> None:
    Image.fromarray(fake_predictions()[NAMES[0]]).save(folder / "clip_0099.png")


def doubled(folder: Path) -> None:
    (folder / "again").mkdir()
    Image.fromarray(fake_predictions()[NAMES[0]]).save(folder / "again" / f"{NAMES[0]}.png")


def one_too_many(folder: Path) -> None:
    for name, mask in fake_predictions().items():
        Image.fromarray(mask + 1).save(folder / f"{name}.png")


def colors_of_another_data_set(folder: Path) -> None:
    Image.new("RGB", (16, 12), (64, 0, 128)).save(first(folder))


def photograph(folder: Path) -> None:
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 255, (12, 16, 3), np.uint8)).save(first(folder))


def grey_saved_as_colour(folder: Path) -> None:
    Image.fromarray(fake_predictions()[NAMES[0]]).convert("RGB").save(first(folder))


def jpeg(folder: Path) -> None:
    Image.fromarray(fake_predictions()[NAMES[0]]).save(first(folder), "JPEG")


def damaged(folder: Path) -> None:
    first(folder).write_bytes(first(folder).read_bytes()[:40])


def no_picture(folder: Path) -> None:
    first(folder).write_text("not a picture")


def transparent(folder: Path) -> None:
    Image.new("RGBA", (16, 12), (0, 0, 0, 90)).save(first(folder))


def fractions(folder: Path) -> None:
    Image.fromarray(np.full((12, 16), 0.5, np.float32)).save(folder / f"{NAMES[0]}.tif")
    for name in NAMES[1:]:
        Image.fromarray(fake_predictions()[name]).save(folder / f"{name}.tif")
    for name in NAMES:
        (folder / f"{name}.png").unlink()


def two_meanings(folder: Path) -> None:
    picture = Image.fromarray(fake_predictions()[NAMES[0]])
    picture.putpalette([channel for color in CLASSES.colors[::-1] for channel in color])
    picture.save(first(folder))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (smaller, "predictions of 6x8 for labels of 12x16: clip_0010.png"),
        (missing, "images without a prediction: clip_0010. Predict every image"),
        (extra, "files for no image of the split: clip_0099.png"),
        (doubled, "several files for one image: again/clip_0010.png and clip_0010.png"),
        (one_too_many, "label 3 without a meaning: clip_0010.png, clip_0020.png"),
        (colors_of_another_data_set, "colours of no class (#400080): clip_0010.png"),
        (photograph, "hundreds of colours, as of a photograph or an overlay"),
        (grey_saved_as_colour, "Three equal channels are no labels: save one"),
        (jpeg, "a lossy JPEG file, which invents labels along boundaries: clip_0010.png"),
        (damaged, "a file that cannot be decoded"),
        (no_picture, "a file that cannot be decoded"),
        (transparent, "a transparent picture, whose colours are not all seen"),
        (fractions, "a map of fractions, which are no labels: clip_0010.tif"),
        (two_meanings, "a palette whose colours say other classes than its indices"),
    ],
)
def test_a_wrong_picture_is_named(
    spoil: Callable[[Path], None], message: str, tmp_path: Path
) -> None:
    folder = save_index_png(tmp_path / "out", fake_predictions())
    spoil(folder)
    with pytest.raises(UserError) as raised:
        score(folder)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (
            3 * probabilities_of(fake_predictions()[NAMES[0]]),
            "values that do not add up to one, so are no probabilities",
        ),
        (np.full((3, 12, 16), np.nan), "probabilities that are not finite"),
        (np.zeros((12, 16, 4)), "an array of 12x16x4 float64"),
        (np.full((12, 16), -1), "the label -1"),
        (np.full((12, 16), "sky"), "an array of <U3"),
        (np.zeros(7), "an array of 7 float64"),
    ],
)
def test_a_wrong_array_is_named(array: np.ndarray, message: str, tmp_path: Path) -> None:
    folder = save_npy(tmp_path / "out", fake_predictions())
    np.save(folder / f"{NAMES[0]}.npy", array)
    with pytest.raises(UserError) as raised:
        score(folder)
    assert message in str(raised.value)
    assert f"{NAMES[0]}.npy" in str(raised.value)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"selected": np.zeros((5, 12, 16), np.uint8)}, "does not name its images; it holds"),
        (
            {"names": np.array(NAMES[:4]), "masks": np.zeros((5, 12, 16), np.uint8)},
            "has 4 names but 5 masks",
        ),
        (
            {"names": np.array([NAMES[0]] * 5), "masks": np.zeros((5, 12, 16), np.uint8)},
            "has the name clip_0010 twice",
        ),
    ],
)
def test_a_wrong_archive_is_named(
    arrays: dict[str, np.ndarray], message: str, tmp_path: Path
) -> None:
    np.savez(tmp_path / "all.npz", **arrays)
    with pytest.raises(UserError, match=r"all\.npz") as raised:
        score(tmp_path / "all.npz")
    assert message in str(raised.value)


def test_a_pickle_is_not_opened(tmp_path: Path) -> None:
    np.save(tmp_path / "all.npy", np.array([{"a": 1}]), allow_pickle=True)
    with pytest.raises(UserError, match="a file that numpy cannot read"):
        score(tmp_path / "all.npy")


@pytest.mark.parametrize("name", ["", "missing"])
def test_nothing_to_read_is_an_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no prediction in it|does not exist"):
        score(tmp_path / name)


def test_files_that_are_not_numbered_are_no_numbered_files(tmp_path: Path) -> None:
    folder = save_index_png(tmp_path / "out", fake_predictions())
    with pytest.raises(UserError, match=r"--numbered: the 5 files of .* are not numbered"):
        score(folder, numbered=True)


def test_everything_that_is_wrong_is_listed_at_once(tmp_path: Path) -> None:
    folder = save_index_png(tmp_path / "out", fake_predictions())
    missing(folder)
    extra(folder)
    Image.fromarray(np.full((6, 8), 1, np.uint8)).save(folder / f"{NAMES[1]}.png")
    Image.fromarray(np.full((12, 16), 7, np.uint8)).save(folder / f"{NAMES[2]}.png")
    with pytest.raises(UserError) as raised:
        score(folder)
    first_line, *lines = str(raised.value).split("\n")
    assert first_line == "4 problems with the predictions for fake test (5 images):"
    assert len(lines) == 4
    assert all(line.startswith("- ") for line in lines)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("labels: {0: rode}", "unknown class 'rode'. Did you mean 'road'?"),
        ("labels: {a: road}", "labels: 'a' is no label"),
        ("colors: {red: road}", "colors: 'red' is no colour"),
        ("colours: {}", "it holds the key 'labels', 'colors' or both"),
        ("labels: [road]", "'labels' is a table"),
    ],
)
def test_a_wrong_label_file_is_named(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "code.yaml"
    file.write_text(text)
    with pytest.raises(UserError) as raised:
        read_label_code(str(file), CLASSES)
    assert message in str(raised.value)
    assert str(file) in str(raised.value)


@pytest.mark.parametrize("convention", ["voc", "camvid32-colors", "void-1", "one-baste"])
def test_a_convention_that_does_not_fit_the_classes_is_refused(convention: str) -> None:
    with pytest.raises(UserError, match="--labels"):
        read_label_code(convention, CLASSES)

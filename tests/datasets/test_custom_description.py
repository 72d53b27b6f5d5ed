from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from segnet.datasets.custom.classes import display_colors
from segnet.datasets.custom.description import Description, read_description
from segnet.errors import UserError

REST = "images: images\nmasks: masks\n"


def read(folder: Path, text: str) -> Description:
    (folder / "my.yaml").write_text(f"name: mine\n{text}")
    return read_description(folder / "my.yaml")


def test_list_of_names_has_the_labels_from_zero(tmp_path: Path) -> None:
    description = read(tmp_path, f"classes: [road, car]\nignore: 255\n{REST}")
    assert description.taxonomy().names == ("road", "car")
    assert description.mask_code().labels == {0: 0, 1: 1, 255: 255}
    assert description.mask_code().colors == {}


def test_labels_may_have_gaps_and_colors_of_their_own(tmp_path: Path) -> None:
    text = 'classes: {road: {label: 7, color: "#010203"}, car: {label: 26, color: [9, 8, 7]}}\n'
    description = read(tmp_path, f"{text}ignore: [0, 1, 2]\n{REST}")
    assert description.taxonomy().colors == ((1, 2, 3), (9, 8, 7))
    assert description.mask_code().labels == {7: 0, 26: 1, 0: 255, 1: 255, 2: 255}
    assert description.mask_code().colors == {(1, 2, 3): 0, (9, 8, 7): 1}


@pytest.mark.parametrize("void", ['"#000102"', "[0, 1, 2]", '["#000102"]', "[[0, 1, 2]]"])
def test_three_numbers_are_a_color_if_classes_have_colors_only(tmp_path: Path, void: str) -> None:
    text = 'classes: {road: {color: "#ffffff"}, car: {color: [255, 0, 0]}}\n'
    description = read(tmp_path, f"{text}ignore: {void}\n{REST}")
    assert description.mask_code().labels == {}
    assert description.mask_code().colors[0, 1, 2] == 255


def test_display_colors_stay_the_same_when_classes_are_added_and_differ() -> None:
    colors = display_colors(60)
    assert display_colors(7) == colors[:7]
    assert (0, 0, 0) not in colors
    assert (
        min(max(abs(a - b) for a, b in zip(*two, strict=True)) for two in combinations(colors, 2))
        >= 8
    )


GOOD = f"classes: [a, b]\n{REST}"
PER_SPLIT = "{train: a, val: b, test: c}"
FRACTIONS = "{train: 0.8, val: 0.1, test: 0.1}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"clases: [a, b]\n{REST}", r"unknown key 'clases'\. Did you mean 'classes'\?"),
        ("classes: [a, b]\nimages: {tran: x}\nmasks: m\n", r"'images\.tran'\. Did you mean 'tr"),
        ("classes: {a: {colour: [1, 2, 3]}, b: {}}\n" + REST, r"'classes\.a\.colour'.*'color'"),
        (f"classes: [a, a]\n{REST}", r"'classes': the class 'a' occurs twice"),
        (f"classes: [a]\n{REST}", r"'classes': one class, 'a'.*`classes: \[background, a\]`"),
        (f"classes: {{a: {{label: 255}}}}\n{REST}", r"'classes': one class, 'a'"),
        (f"classes: ['é', 'e\u0301']\n{REST}", r"'classes': the class 'é' occurs twice"),
        (
            f"classes: [2024-01-01, b]\n{REST}",
            r"'classes': a list of classes holds names.*quote it",
        ),
        ("classes: {a: {label: 1}, b: {label: 1}}\n" + REST, r"'a' and 'b' have one label, 1"),
        ("classes: {a: {label: 1}, b: {}}\n" + REST, r"'b' has no label"),
        ("classes: {a: {}, b: {}}\n" + REST, r"every class needs a label .* or a color"),
        ("classes: {a: {label: 256}, b: {label: 1}}\n" + REST, r"'classes\.a\.label'.* not 256"),
        (f"{GOOD}ignore: 1\n", r"'ignore': 1 is the class 'b'"),
        (f"{GOOD}ignore: [300]\n", r"'ignore': .* not 300"),
        (GOOD + "splits: {train: 0.8, val: 0.1, test: 0.2}\n", r"'splits': .* add up to 1\.1"),
        (GOOD + "splits: {train: 0.8, val: 0.2, test: 0.0}\n", r"'splits\.test': .*than 0"),
        (GOOD + "splits: {train: 0.8, val: 0.2}\n", r"'splits\.test' is missing"),
        (f"{GOOD}sequence: '(a'\n", r"'sequence': it is no regular expression"),
        (f"{GOOD}sequence: abc\n", r"'sequence': the expression needs a group"),
        (
            f"classes: [a, b]\nimages: {PER_SPLIT}\nmasks: m\nsplits: {FRACTIONS}\n",
            r"leave `splits` out",
        ),
        (f"classes: [a, b]\nimages: a\nmasks: {PER_SPLIT}\n", r"`images` needs one too"),
    ],
)
def test_mistake_is_named_with_file_and_key(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=rf"my\.yaml: .*{message}"):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("name", "line"),
    [("2024", 'name: "2024"'), ("1.5", 'name: "1.5"'), ("My Dàta!", "name: my-data")],
)
def test_name_that_is_none_is_told_how_to_be_written(tmp_path: Path, name: str, line: str) -> None:
    (tmp_path / "my.yaml").write_text(f"name: {name}\n{GOOD}")
    with pytest.raises(UserError, match=rf"my\.yaml: 'name': .*`{line}`"):
        read_description(tmp_path / "my.yaml")


@pytest.mark.parametrize("key", ["name", "title", "source"])
def test_date_where_words_are_due_is_said_with_its_key(tmp_path: Path, key: str) -> None:
    text = "" if key == "name" else "name: mine\n"
    (tmp_path / "my.yaml").write_text(f"{text}{key}: 2024-01-31\n{GOOD}")
    with pytest.raises(UserError, match=rf"""my\.yaml: '{key}': .*`{key}: "2024-01-31"`"""):
        read_description(tmp_path / "my.yaml")


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(UserError) as stop:
        read(tmp_path, f"clases: [a, b]\nignored: 3\n{REST}")
    assert len(str(stop.value).splitlines()) == 3  # the two, and that `classes` is missing


def test_what_is_no_table_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_text("- a\n- b\n")
    with pytest.raises(UserError, match=r"my\.yaml is no table"):
        read_description(tmp_path / "my.yaml")
    with pytest.raises(UserError, match=r"other\.yaml is no file"):
        read_description(tmp_path / "other.yaml")

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fake_submissions import CLASSES, NAMES, fake_predictions, fake_truth, save_index_png

from segnet.datasets.camvid32 import grouped_labels
from segnet.datasets.camvid32.classes import RAW_COLORS
from segnet.datasets.preparing.palette import voc_colors
from segnet.submissions.alignment import find_permutation
from segnet.submissions.label_code import NO_CLASS, read_label_code
from segnet.submissions.names import Affixes, find_affixes, numbered_names
from segnet.submissions.scoring import score_predictions
from segnet.taxonomy import CAMVID_11, Taxonomy


def test_the_tutorial_s_void_is_eleven() -> None:
    code = read_label_code("void-11", CAMVID_11)
    assert code.labels[11] == NO_CLASS
    assert [code.labels[label] for label in range(11)] == list(range(11))


def test_one_based_labels_begin_with_void() -> None:
    assert dict(read_label_code("one-based", CLASSES).labels) == {
        0: NO_CLASS,
        1: 0,
        2: 1,
        3: 2,
        255: NO_CLASS,
    }


def test_raw_colours_of_camvid_are_grouped_as_the_data_set_groups_them() -> None:
    code = read_label_code("camvid32-colors", CAMVID_11)
    assert [code.colors[color] for color in RAW_COLORS] == grouped_labels().tolist()


def test_voc_is_read_by_label_and_by_its_colours() -> None:
    colors = voc_colors(0, 21)
    code = read_label_code("voc", Taxonomy(tuple(map(str, range(21))), colors))
    assert code.labels[255] == NO_CLASS
    assert code.colors[128, 0, 0] == 1
    assert code.colors[224, 224, 192] == NO_CLASS


def test_train_ids_of_cityscapes_go_to_the_classes_of_camvid() -> None:
    code = read_label_code("cityscapes-train-ids", CAMVID_11)
    named = {label: CAMVID_11.names[code.labels[label]] for label in range(19)}
    assert (named[0], named[1], named[8], named[10]) == ("Road", "Pavement", "Tree", "Sky")
    assert (named[12], named[13], named[18]) == ("Bicyclist", "Car", "Bicyclist")
    assert 19 not in code.labels


def test_black_is_void_only_where_it_is_no_class() -> None:
    assert read_label_code("", CAMVID_11).colors[0, 0, 0] == NO_CLASS
    with_black = Taxonomy(("background", "disc"), ((0, 0, 0), (255, 0, 0)))
    assert read_label_code("", with_black).colors[0, 0, 0] == 0


def test_shifted_labels_are_named_and_not_put_right(tmp_path: Path) -> None:
    masks = {name: (one + 1) % 3 for name, one in fake_predictions().items()}
    folder = save_index_png(tmp_path / "out", masks)
    found = score_predictions(folder, fake_truth(), read_label_code("", CLASSES))
    assert found.permutation is not None
    assert found.scores.miou < 0.2
    assert found.permutation.best_miou > 0.6
    assert ("sky", "road") in found.permutation.moves
    assert "sky is road" in str(found.permutation)


def test_a_weak_but_honest_network_is_not_suspected() -> None:
    majority = np.array([[60, 0, 0], [30, 0, 0], [10, 0, 0]])
    uncertain = np.array([[30, 20, 10], [10, 12, 8], [5, 2, 3]])
    assert find_permutation(majority, CLASSES.names) is None
    assert find_permutation(uncertain, CLASSES.names) is None


def test_affixes_are_those_that_name_most_images() -> None:
    stems = [f"out_{name}-unet" for name in NAMES] + ["out_legend-unet"]
    assert find_affixes(stems, NAMES) == Affixes("out_", "-unet")
    assert find_affixes(NAMES, NAMES) == Affixes("", "")


def test_a_name_within_another_is_not_taken_for_it() -> None:
    names = ("a_1", "a_10", "a_11")
    assert find_affixes([f"{name}_pred" for name in names], names) == Affixes("", "_pred")


@pytest.mark.parametrize("stems", [["0_p", "1_p"], ["0_p", "2_p", "3_p"], ["0_p", "1_q", "2_p"]])
def test_numbers_with_a_gap_or_without_one_form_name_nothing(stems: list[str]) -> None:
    assert numbered_names(stems, ("a", "b", "c")) is None


def test_numbers_follow_the_names_in_order() -> None:
    assert numbered_names(["p10", "p9", "p11"], ("a", "b", "c")) == {
        "a": "p9",
        "b": "p10",
        "c": "p11",
    }

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from statistics import fmean

import pytest

from segnet.errors import UserError
from segnet.models import MODELS
from segnet.results.published import PublishedResult, load_published
from segnet.taxonomy import CAMVID_11

RESULTS = load_published()


def row(table: str, model: str, setting: str = "") -> PublishedResult:
    (found,) = (
        one for one in RESULTS if (one.table, one.model, one.setting) == (table, model, setting)
    )
    return found


def scores(result: PublishedResult) -> tuple[float | None, ...]:
    """G, C, mIoU and BF, in the order of the paper's tables."""
    return (result.pixel_accuracy, result.class_accuracy, result.miou, result.bf)


@pytest.mark.parametrize(
    ("table", "model", "setting", "expected"),
    [
        ("segnet-table-1-unweighted", "SegNet-Basic", "", (0.840, 0.546, 0.463, 0.3667)),
        ("segnet-table-1-balanced", "SegNet-Basic", "", (0.827, 0.620, 0.477, 0.3578)),
        ("segnet-table-1-balanced", "FCN-Basic-NoDimReduction", "", (0.841, 0.634, 0.501, 0.3737)),
        ("segnet-table-1-balanced-train", "SegNet-Basic", "", (0.947, 0.962, 0.927, None)),
        ("segnet-table-1-unweighted-train", "FCN-Basic", "", (0.920, 0.668, 0.507, None)),
        ("segnet-table-2", "SegNet", "140K iterations", (0.904, 0.712, 0.601, 0.4684)),
        ("segnet-table-2-classical", "Super Parsing", "", (0.833, 0.512, None, None)),
        ("segnet-table-3", "SegNet", "40K iterations", (0.8881, 0.5993, 0.5002, 0.3578)),
        ("segnet-table-3", "DeconvNet", "260K iterations", (0.8958, 0.7024, 0.5977, 0.5223)),
        ("segnet-table-4", "SegNet", "240K iterations", (0.7263, 0.4476, 0.3184, 0.1266)),
        ("segnet-table-4", "FCN (learnt deconv)", "140K iterations", (0.6804, 0.372, 0.2633, 0.09)),
        ("segnet-tutorial", "SegNet", "VGG16 from ImageNet", (0.886, 0.659, 0.502, None)),
        ("camvid-gitlanx", "SegNet", "VGG16-BN", (0.8784, 0.7075, 0.5768, None)),
        ("semseg", "SegNet", "", (0.899, None, 0.603, None)),
        ("voc-fcn", "FCN-8s", "", (None, None, 0.655, None)),
    ],
)
def test_scores_are_those_of_the_source(
    table: str, model: str, setting: str, expected: tuple[float | None, ...]
) -> None:
    assert scores(row(table, model, setting)) == expected


def test_costs_are_those_of_the_source() -> None:
    basic = row("segnet-table-1-cost", "SegNet-Basic")
    assert (basic.parameters_millions, basic.forward_ms) == (1.425, 52.6)
    segnet = row("segnet-table-6", "SegNet")
    assert (segnet.forward_ms, segnet.backward_ms) == (422.5, 488.71)
    assert (segnet.training_memory_mb, segnet.inference_memory_mb, segnet.model_mb) == (
        6803,
        1052,
        117,
    )


def test_tables_of_the_paper_are_complete() -> None:
    rows = {
        table: sum(one.table == table for one in RESULTS) for table in {r.table for r in RESULTS}
    }
    for part in ("unweighted", "balanced", "unweighted-train", "balanced-train", "cost"):
        assert rows[f"segnet-table-1-{part}"] == 8
        variants = [one.ours for one in RESULTS if one.table == f"segnet-table-1-{part}"]
        assert all(variants)
        assert len(set(variants)) == 8
    assert rows["segnet-table-2"] + rows["segnet-table-2-classical"] == 11
    assert rows["segnet-table-3"] == 16  # five networks at three stages, the CRF at one
    assert rows["segnet-table-4"] == 14  # four networks at three, the CRF at one, one balanced
    assert rows["segnet-table-6"] == 4


def test_class_accuracies_average_to_the_class_average_of_the_paper() -> None:
    """A misread digit or a lost class would show."""
    camvid = row("segnet-table-2", "SegNet", "140K iterations")
    assert set(camvid.accuracy) == set(CAMVID_11.names)
    assert fmean(camvid.accuracy.values()) == pytest.approx(camvid.class_accuracy, abs=5e-4)
    indoor = row("segnet-table-5", "SegNet")
    assert len(indoor.accuracy) == 37
    average = row("segnet-table-4", "SegNet", "240K iterations").class_accuracy
    assert fmean(indoor.accuracy.values()) == pytest.approx(average, abs=5e-4)


def test_class_ious_average_to_the_miou() -> None:
    found = row("camvid-large", "SERNet-Former")
    assert set(found.iou) == set(CAMVID_11.names)
    assert fmean(found.iou.values()) == pytest.approx(found.miou, abs=5e-4)


def test_what_is_no_miou_is_not_called_one() -> None:
    clothing = [one for one in RESULTS if one.table == "cymerys-clothing"]
    assert [one.other["soft_batch_ratio"] for one in clothing] == [0.0879, 0.1166, 0.1066]
    assert all(one.miou is None for one in clothing)
    assert {one.comparable for one in clothing} == {"no"}


def test_every_row_has_a_source_and_a_reason_if_it_is_not_comparable() -> None:
    for one in RESULTS:
        assert re.search(r"arXiv \d{4}\.\d{5}|\w+\.\w+|\(\d{4}\)", one.source), one.source
        assert bool(one.why) == (one.comparable == "no"), one


def test_models_named_as_ours_exist() -> None:
    assert {one.ours for one in RESULTS if one.ours} <= set(MODELS)


@pytest.mark.parametrize(
    "words",
    ["3,433 images", "class weights", "balancing", "Cityscapes", "overlap", "evaluated: none"],
)
def test_a_foreign_protocol_is_never_comparable(words: str) -> None:
    found = [one for one in RESULTS if words in f"{one.train} evaluated: {one.evaluated}"]
    assert found
    assert {one.comparable for one in found} == {"no"}


def test_comparable_rows_are_scored_on_our_test_images_at_label_size() -> None:
    found = [one for one in RESULTS if one.comparable == "yes"]
    assert {(one.dataset, one.evaluated, one.resolution) for one in found} == {
        ("camvid", "test, 233 images", "360x480"),
        ("voc", "seg11valid, 736 images", "original"),
        ("voc", "VOC12 val, 1,449 images", "original"),
    }


TABLE = """
tables:
  - table: t
    source: a paper
    dataset: camvid
    train: train
    resolution: 360x480
    evaluated: test
    definition: a mean
    comparable: no
    why: other images
    rows:
      - {model: A, miou: 50}
"""


def load_text(text: str, folder: Path) -> tuple[PublishedResult, ...]:
    path = folder / "published.yaml"
    path.write_text(text)
    return load_published(path)


def test_a_row_inherits_from_its_table_and_overrides_it(tmp_path: Path) -> None:
    text = TABLE + "      - {model: B, miou: 60, comparable: yes, resolution: 720x960}\n"
    first, second = load_text(text, tmp_path)
    assert (first.resolution, first.comparable, first.why) == ("360x480", "no", "other images")
    assert (second.resolution, second.comparable, second.why) == ("720x960", "yes", "")
    assert (first.miou, second.miou) == (0.5, 0.6)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("{model: A, miou: 40}", r"table 't', row 2 \(A\) is there twice"),
        ("{model: B, mIoU: 40}", r"row 2 \(B\): unknown key 'mIoU'. Did you mean 'miou'"),
        (
            "{model: B, miou: 140}",
            r"row 2 \(B\): 'miou': must be a percentage .*, not 140",
        ),
        ("{model: B, miou: -1}", r"row 2 \(B\): 'miou': must be a percentage"),
        ("{model: B, miou: high}", r"row 2 \(B\): 'miou': must be a percentage .*not 'high'"),
        ("{model: B, miou: .nan}", r"row 2 \(B\): 'miou': "),
        ("{miou: 40}", r"row 2 \(\?\): 'model' is missing"),
        ("{model: B}", r"row 2 \(B\): it has no score, no cost and no 'note'"),
        ("{model: B, miou: 4, why: ''}", "does not say why"),
        ("{model: B, miou: 4, comparable: no}", "does not say why"),
        ("{model: B, miou: 4, comparable: yes, why: x}", "a remark goes into 'note'"),
        ("{model: B, miou: 4, source: ''}", r"'source': .*at least 1 character"),
    ],
)
def test_a_broken_row_is_named_with_its_fault(extra: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message):
        load_text(f"{TABLE}      - {extra}\n", tmp_path)


def test_a_file_without_tables_is_an_error(tmp_path: Path) -> None:
    for text in ("", "tables: {}\n", "tables:\n  - {table: t}\n"):
        with pytest.raises(UserError, match="needs a list 'tables'"):
            load_text(text, tmp_path)
    with pytest.raises(UserError, match="does not exist"):
        load_published(tmp_path / "absent.yaml")


def test_reading_published_values_does_not_load_torch() -> None:
    code = (
        "import sys; from segnet.results import published; published.load_published(); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

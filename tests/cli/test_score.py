from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from fake_custom import make_custom
from fake_project import write_params, write_prepared
from fake_results import (
    FACTS,
    GOOD,
    count_pairs,
    fake_bench,
    write_cell,
    write_scores,
    write_training,
)
from PIL import Image
from typer.testing import CliRunner

from segnet.cli import app
from segnet.datasets.custom.description import read_description
from segnet.datasets.custom.pairs import survey
from segnet.datasets.prepared.store import PreparedSplit, read_dataset
from segnet.paths import prepared_folder
from segnet.results.cells import BenchRecord, cells_of
from segnet.taxonomy import CAMVID_11


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PreparedSplit:
    """Prepared data of 11 classes, and a report in which `fcn8s` predicted two images.

    Its predictions lie in the folder `saved`.
    """
    monkeypatch.chdir(tmp_path)
    write_params(tmp_path)
    write_prepared()
    test = read_dataset(prepared_folder("demo", "streets")).splits["test"]
    rng = np.random.default_rng(0)
    predicted = np.where(rng.random(test.masks.shape) < 0.3, (test.masks + 1) % 11, test.masks)
    Path("saved").mkdir()
    for name, mask in zip(test.names, predicted, strict=True):
        Image.fromarray(mask).save(f"saved/{name}.png")
    counts = count_pairs(test.masks, predicted, 11)
    bench = fake_bench(models=("fcn8s",), seeds=(0,))
    for cell in cells_of(bench):
        if cell.model == "fcn8s":
            write_training(bench, cell)
            write_scores(
                bench,
                cell,
                {"selected": counts, "last": counts},
                taxonomy=CAMVID_11,
                names=test.names,
                sequences=test.sequences,
            )
    BenchRecord(bench=bench, data={"streets": FACTS}).write(Path("reports/fake"))
    return test


def score(*options: str, exit_code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["score", *options])
    assert result.exit_code == exit_code, result.output
    return result


def test_saved_predictions_of_a_bench_score_to_its_row(project: PreparedSplit) -> None:
    printed = score("saved", "--dataset", "streets", "--against", "fake:fcn8s/ce", "--json")
    found = json.loads(printed.stdout)["streets"]
    ours, theirs = found["rows"]
    assert {ours["loss"], theirs["loss"]} == {"submitted", "ce"}
    for key in ("miou", "pixel_accuracy", "class_accuracy", "fwiou", "iou", "intervals"):
        assert ours[key] == theirs[key], key
    (difference,) = found["differences"]
    assert (difference["difference"], difference["low"], difference["high"]) == (0, 0, 0)


def test_every_format_has_the_row_under_its_name() -> None:
    for to in ("table", "md", "csv", "json"):
        assert (
            "mine"
            in score("saved", "--dataset", "streets", "--name", "mine", "--format", to).stdout
        )
    printed = score("saved", "--dataset", "streets", "--format", "csv").stdout
    (row,) = csv.DictReader(io.StringIO(printed))
    assert float(row["miou"]) == pytest.approx(0.54, abs=0.05)
    assert float(row["iou_Sky"]) > 0.3


def test_another_split_than_test_is_named_in_every_output() -> None:
    validation = read_dataset(prepared_folder("demo", "streets")).splits["val"]
    Path("val").mkdir()
    for at, name in enumerate(validation.names):
        Image.fromarray(np.array(validation.mask(at))).save(f"val/{name}.png")
    assert (
        "val [val]"
        in score("val", "--dataset", "streets", "--split", "val", "--format", "csv").stdout
    )
    for to in ("table", "md", "json"):
        printed = score("val", "--dataset", "streets", "--split", "val", "--format", to)
        assert "the split 'val', not on test" in printed.stdout.replace("\n", " ")


def test_a_data_set_of_the_users_own_needs_no_preparation(tmp_path: Path) -> None:
    file = make_custom(tmp_path / "own")
    description = read_description(file)
    (name,) = (one.name for one in survey(description, file).splits["test"])
    Path("own_predictions").mkdir()
    shutil.copy(tmp_path / f"own/masks/{name}.png", "own_predictions")
    printed = score("own_predictions", "--dataset", str(file), "--json").stdout
    (row,) = json.loads(printed)["drawings"]["rows"]
    assert row["miou"]["mean"] == 1
    assert set(row["iou"]) == {"ground", "disc", "box"}


def test_a_row_that_is_not_there_is_an_error_with_the_rows_that_are() -> None:
    for against, message in (
        ("fake", "names no row. Write BENCH:MODEL/LOSS"),
        ("fake:fcn8", "Did you mean 'fcn8s'?"),
        ("fake:fcn8s/dice", "unknown loss 'dice'"),
        ("fakes:fcn8s/ce", "Did you mean 'fake'?"),
    ):
        found = score("saved", "--dataset", "streets", "--against", against, exit_code=1)
        assert message in str(found.exception)


def test_a_row_of_other_images_is_no_rival() -> None:
    bench = fake_bench(models=("unet",), seeds=(0,)).model_copy(update={"name": "other"})
    for cell in cells_of(bench):
        if cell.model == "unet":
            write_cell(bench, cell, np.stack([GOOD[0]] * 3))
    BenchRecord(bench=bench, data={"streets": FACTS}).write(Path("reports/other"))
    found = score("saved", "--dataset", "streets", "--against", "other:unet/ce", exit_code=1)
    assert "scored 3 images of streets, the predictions are for 2 others" in str(found.exception)


def test_a_data_set_that_is_not_here_says_how_to_get_it() -> None:
    found = score("saved", "--dataset", "camvid", exit_code=1)
    assert "python -m pipelines.fetch camvid" in str(found.exception)


ANSWERS = {
    "who": "A. Nobody, nobody@example.org",
    "network": "unet, 23.8 M",
    "pretraining": "ImageNet",
    "training_data": "train",
    "code": "example.org/code at 1234567",
    "weights": "example.org/weights, SHA-256 00",
    "test_time": "none",
}


def save_submission(name: str = "mine") -> Path:
    """A saved submission of the predictions of `fcn8s`."""
    folder = Path("reports/submitted") / name
    folder.mkdir(parents=True)
    (folder / "card.yaml").write_text(json.dumps(ANSWERS))
    score("saved", "--dataset", "streets", "--save", name)
    return folder


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_a_submission_is_not_saved_before_every_question_is_answered() -> None:
    folder = Path("reports/submitted/mine")
    first = score("saved", "--dataset", "streets", "--save", "mine", exit_code=1)
    assert "asks 7 questions" in str(first.exception)
    card = (folder / "card.yaml").read_text()
    assert all(f"{field}:" in card for field in ANSWERS)
    second = score("saved", "--dataset", "streets", "--save", "mine", exit_code=1)
    assert str(second.exception).count("\n- '") == 7
    (folder / "card.yaml").write_text(json.dumps({**ANSWERS, "test_time": " "}))
    third = score("saved", "--dataset", "streets", "--save", "mine", exit_code=1)
    assert "'test_time': What is done at test time" in str(third.exception)
    assert not (folder / "counts.npz").exists()


def test_a_saved_submission_is_a_branded_row_of_compare(project: PreparedSplit) -> None:
    folder = save_submission()
    assert sorted(one.name for one in folder.iterdir()) == [
        "card.yaml",
        "counts.npz",
        "masks.npz",
        "submission.json",
    ]
    without = json.loads(run("compare", "--bench", "fake", "--json").stdout)["streets"]
    assert "submitted" not in {row["loss"] for row in without["rows"]}
    found = json.loads(run("compare", "--bench", "fake", "--submitted", "--json").stdout)["streets"]
    rows = {row["loss"]: row for row in found["rows"]}
    assert rows["submitted"]["model"] == "mine"
    assert rows["submitted"]["miou"] == rows["ce"]["miou"]
    assert rows["submitted"]["intervals"] == rows["ce"]["intervals"]
    assert any("pretraining: ImageNet" in note for note in found["notes"])


def test_a_saved_submission_is_verified_from_its_masks() -> None:
    folder = save_submission()
    assert "as recorded" in run("verify", "mine").stdout
    record = json.loads((folder / "submission.json").read_text())
    record["scores"]["miou"] += 0.01
    (folder / "submission.json").write_text(json.dumps(record))
    found = run("verify", "mine")
    assert found.exit_code == 1
    assert "submission.json says miou" in str(found.exception)
    assert "unknown submission 'mine2'. Did you mean 'mine'?" in str(
        run("verify", "mine2").exception
    )


def test_permuted_labels_are_scored_with_a_warning_and_not_saved(project: PreparedSplit) -> None:
    folder = save_submission("shifted")
    (folder / "submission.json").unlink()
    Path("shifted").mkdir()
    for name, mask in zip(project.names, project.masks, strict=True):
        Image.fromarray((mask + 1) % 11).save(f"shifted/{name}.png")
    printed = score("shifted", "--dataset", "streets")
    assert "the labels look shifted or permuted" in printed.stdout.replace("\n", " ")
    refused = score("shifted", "--dataset", "streets", "--save", "shifted", exit_code=1)
    assert str(refused.exception).startswith("not saved: the labels look shifted")
    assert not (folder / "submission.json").exists()

from __future__ import annotations

import errno
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from fake_project import write_params
from odd_pictures import png_file
from PIL import Image
from typer.testing import CliRunner

from segnet.bench.config import load_config
from segnet.cli import app
from segnet.errors import UserError
from segnet.models.building import build_model
from segnet.models.weight_files import copy_weights, save_weights
from segnet.paths import cell_report_folder, cell_run_folder
from segnet.results.provenance import collect_provenance
from segnet.results.records import TrainRecord


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two pictures, in which nothing is trained."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEGBENCH_DEVICE", "cpu")
    monkeypatch.setenv("SEGBENCH_THREADS", "1")
    write_params(tmp_path)
    rng = np.random.default_rng(0)
    (tmp_path / "pictures").mkdir()
    for name in ("a", "b"):
        pixels = rng.integers(0, 256, (30, 44, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / "pictures" / f"{name}.png")
    return tmp_path


def write_weights(dropout: float) -> None:
    """Random weights in the place of the bench's first cell."""
    write_params(Path(), {"models.segnet_v1": {"dropout": dropout} if dropout else {}})
    config = load_config()
    network = build_model(
        "segnet_v1", num_classes=11, width=0.125, options=config.models["segnet_v1"], seed=0
    )
    run = cell_run_folder("demo", config.bench.cells()[0].slug)
    save_weights(copy_weights(network), run / "selected.safetensors")


def write_record(options: dict[str, float]) -> None:
    """A record of a training with these options of the model."""
    config = load_config()
    cell = config.bench.cells()[0]
    TrainRecord(
        cell=cell,
        config={**config.resolved(cell), "model": options},
        config_digest="0" * 12,
        parameters=1,
        steps=1,
        total_epochs=1,
        selected_epoch=1,
        selected_val_miou=0.5,
        last_val_miou=0.5,
        train_seconds=1.0,
        images_per_second=1.0,
        provenance=collect_provenance(
            device="cpu", precision="float32", threads=1, data_fingerprint="f1" * 32
        ),
    ).write(cell_report_folder(cell.bench, cell.slug))


def predict(*options: str) -> Result:
    return CliRunner().invoke(app, ["predict", *options])


def error_of(result: Result) -> str:
    assert isinstance(result.exception, UserError), result.exception
    return str(result.exception)


def pixels(path: str) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.mark.parametrize("paths", [["pictures"], ["pictures/a.png", "pictures/b.png"]])
def test_an_overlay_of_each_picture_is_written(paths: list[str]) -> None:
    write_weights(0)
    result = predict(*paths)
    assert result.exit_code == 0, result.output
    written = [f"predictions/{name}-segnet_v1-ce-s0.png" for name in ("a", "b")]
    assert result.stdout.split() == written
    for path in written:
        assert pixels(path).shape[1:] == (44, 3)
        assert len(pixels(path)) > 30  # the legend is below


def test_uncertainty_is_drawn_beside_the_overlay_and_its_mean_is_printed(project: Path) -> None:
    write_weights(0.5)
    result = predict("pictures/a.png", "--uncertainty", "--samples", "3", "--output", "out")
    assert result.exit_code == 0, result.output
    names = {path.name for path in (project / "out").iterdir()}
    assert names == {"a-segnet_v1-ce-s0.png", "a-segnet_v1-ce-s0-uncertainty.png"}
    grey = pixels("out/a-segnet_v1-ce-s0-uncertainty.png")
    assert grey.shape == (30, 44)
    assert grey.dtype == np.uint8
    match = re.search(
        r"a-segnet_v1-ce-s0-uncertainty.png  mean uncertainty (0\.\d{4})", result.stdout
    )
    assert match
    # grey is 255 x the square root, rounded
    assert float(match[1]) == pytest.approx(np.mean((grey / 255.0) ** 2), abs=2e-3)
    assert float(match[1]) > 0


def test_uncertainty_is_the_same_at_every_run() -> None:
    write_weights(0.5)
    written = []
    for folder in ("one", "two"):
        predict("pictures", "--uncertainty", "--samples", "2", "--output", folder)
        written.append([path.read_bytes() for path in sorted(Path(folder).iterdir())])
    assert written[0] == written[1]
    assert len(written[0]) == 4


def test_samples_are_as_many_as_asked_for_and_fifty_by_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from segnet.inference import prediction

    write_weights(0.5)
    asked = []
    whole = prediction.predict_with_uncertainty

    def count(*arguments: object, samples: int, seed: int) -> object:
        asked.append(samples)
        return whole(*arguments, samples=2, seed=seed)  # type: ignore[arg-type]

    monkeypatch.setattr(prediction, "predict_with_uncertainty", count)
    predict("pictures/a.png", "--uncertainty")
    predict("pictures/a.png", "--uncertainty", "--samples", "7")
    assert asked == [50, 7]


def test_network_without_dropout_has_no_uncertainty_and_the_error_says_how_to_get_it(
    project: Path,
) -> None:
    message = error_of(predict("pictures", "--uncertainty"))  # whether it is trained or not
    assert "SegNetV1 has no dropout" in message
    assert "`dropout: 0.5` (params.yaml: models.segnet_v1)" in message
    assert not (project / "predictions").exists()


def test_dropout_that_the_network_was_not_trained_with_is_an_error(project: Path) -> None:
    write_weights(0.5)
    write_record({})
    message = error_of(predict("pictures", "--uncertainty"))
    assert "was trained with models.segnet_v1 {}, params.yaml now says {'dropout': 0.5}" in message
    assert not (project / "predictions").exists()
    write_record({"dropout": 0.5})
    assert predict("pictures", "--uncertainty", "--samples", "2").exit_code == 0


def test_samples_without_uncertainty_are_an_error() -> None:
    assert "--samples goes with --uncertainty" in error_of(predict("pictures", "--samples", "3"))


def test_network_that_is_not_trained_is_an_error() -> None:
    assert "this cell has not been trained. Run `dvc repro`" in error_of(predict("pictures"))


def test_one_bad_file_keeps_no_other_from_being_predicted(project: Path) -> None:
    write_weights(0)
    (project / "pictures/aa.png").write_bytes(b"no picture")
    png_file(project / "pictures/ab.png", np.full((4, 4, 3), 4000, np.uint16))
    result = predict("pictures")
    assert result.exit_code == 1
    assert result.stdout.split() == [
        f"predictions/{name}-segnet_v1-ce-s0.png" for name in ("a", "b")
    ]
    assert "error: pictures/aa.png cannot be decoded" in result.stderr
    assert "error: pictures/ab.png has 16 bits" in result.stderr
    assert "2 of 4 files have no prediction." in result.stderr
    assert "elete" not in result.stderr
    assert (project / "pictures/aa.png").read_bytes() == b"no picture"


def test_turned_photo_is_predicted_upright(project: Path) -> None:
    write_weights(0)
    with Image.open("pictures/a.png") as image:
        exif = image.getexif()
        exif[0x0112] = 6  # a quarter turn
        image.save("pictures/a.png", exif=exif)
    assert predict("pictures/a.png").exit_code == 0
    assert pixels("predictions/a-segnet_v1-ce-s0.png").shape[1:] == (30, 3)


def test_seed_of_more_seeds_is_found(project: Path) -> None:
    more = {"models": ["segnet_v1"], "losses": ["ce"], "seeds": [7]}
    write_params(project, {"bench.more_seeds": more})
    message = error_of(predict("pictures", "--seed", "7"))
    assert "segnet_v1-ce-s7" in message  # there is the cell, though it is not trained
    message = error_of(predict("pictures", "--seed", "8"))
    assert "has no seed 8 of segnet_v1 with ce. Known: 0, 7" in message


def test_full_disk_leaves_no_half_picture(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_weights(0)

    def full(self: object, path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("PIL.Image.Image.save", full)
    result = predict("pictures/a.png")
    assert "a-segnet_v1-ce-s0.png cannot be written (No space left on device)" in result.stderr
    assert list((project / "predictions").iterdir()) == []

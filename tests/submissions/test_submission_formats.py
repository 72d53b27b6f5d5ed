"""Every form and layout that predictions come in scores to the same counts, to the last pixel."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from fake_submissions import (
    CLASSES,
    NAMES,
    SAVERS,
    Masks,
    fake_predictions,
    fake_truth,
    probabilities_of,
    save_index_png,
    save_npz_of_masks,
    save_palette_png,
)
from PIL import Image

from segnet.scoring.calibration.error import expected_calibration_error
from segnet.scoring.calibration.sums import calibration_sums
from segnet.scoring.counts.confusion import confusion_counts
from segnet.submissions.label_code import read_label_code
from segnet.submissions.scoring import Submission, score_predictions


def score(path: Path, labels: str = "", **options: object) -> Submission:
    return score_predictions(
        path,
        fake_truth(),
        read_label_code(labels, CLASSES),
        **options,  # type: ignore[arg-type]
    )


def expected_counts() -> np.ndarray:
    """By the function that validation and the stage `evaluate` count with."""
    truth, masks = fake_truth(), fake_predictions()
    predicted = torch.from_numpy(np.stack([masks[name] for name in NAMES]).astype(np.int64))
    true = torch.from_numpy(np.stack([truth.mask(index) for index in range(len(NAMES))]))
    return confusion_counts(predicted, true, 3).numpy()


@pytest.mark.parametrize("save", SAVERS, ids=lambda save: save.__name__)
def test_every_form_scores_to_the_counts_of_the_stage_evaluate(
    save: Callable[[Path, Masks], Path], tmp_path: Path
) -> None:
    found = score(save(tmp_path / "predictions", fake_predictions()))
    assert (found.pairs[:, :-1, :-1] == expected_counts()).all()
    assert found.pairs[:, :-1, -1].sum() == 0


def test_probabilities_have_a_calibration_error_and_masks_have_none(tmp_path: Path) -> None:
    masks = fake_predictions()
    np.savez(
        tmp_path / "all.npz",
        names=np.array(NAMES),
        probabilities=np.stack([probabilities_of(masks[name]) for name in NAMES]),
    )
    truth = torch.from_numpy(np.stack([fake_truth().mask(index) for index in range(5)]))
    stack = torch.from_numpy(np.stack([probabilities_of(masks[name]) for name in NAMES]))
    sums = calibration_sums(stack, truth)
    total = type(sums)(*(part.sum(0) for part in sums))
    expected = float(expected_calibration_error(total))
    assert expected > 0.01
    assert score(tmp_path / "all.npz").scores.ece == pytest.approx(expected, abs=1e-9)
    assert np.isnan(score(save_index_png(tmp_path / "masks", masks)).scores.ece)


def test_a_palette_is_read_by_colour_where_the_file_names_colours(tmp_path: Path) -> None:
    code = tmp_path / "code.yaml"
    code.write_text("colors: {'#804080': sky, '#4682b4': road, '#008000': tree}\n")
    swapped = {name: np.array([1, 0, 2], np.uint8)[one] for name, one in fake_predictions().items()}
    found = score(save_palette_png(tmp_path / "swapped", swapped), str(code))
    assert (found.pairs[:, :-1, :-1] == expected_counts()).all()


def test_void_and_no_class_are_misses_and_false_positives_of_nothing(tmp_path: Path) -> None:
    masks = {name: one.copy() for name, one in fake_predictions().items()}
    for one in masks.values():
        one[:4] = 255
    found = score(save_index_png(tmp_path / "void", masks))
    truth = np.stack([fake_truth().mask(index) for index in range(5)])
    predicted = np.stack([masks[name] for name in NAMES])
    iou = []
    for label in range(3):
        true = truth == label
        guessed = (predicted == label) & (truth != 255)
        iou.append((true & guessed).sum() / (true | guessed).sum())
    assert found.scores.miou == pytest.approx(np.mean(iou))
    assert found.scores.classes_scored == 3
    assert found.scores.pixel_accuracy == pytest.approx((truth == predicted)[truth != 255].mean())
    assert found.unassigned == pytest.approx((predicted == 255)[truth != 255].mean())


def flat_folder_of_mmsegmentation(folder: Path, masks: Masks) -> Path:
    """IoUMetric(output_dir=...): NAME.png, one channel."""
    return save_index_png(folder, masks)


def numbered_folder_of_mmsegmentation(folder: Path, masks: Masks) -> Path:
    """MMSegInferencer(out_dir=...): pred/00000000_pred.png beside vis/00000000_vis.png."""
    for kind in ("pred", "vis"):
        (folder / kind).mkdir(parents=True)
    for number, name in enumerate(sorted(masks)):
        Image.fromarray(masks[name]).save(folder / "pred" / f"{number:08}_pred.png")
        picture = Image.fromarray(CLASSES.colorize(masks[name]))
        picture.save(folder / "vis" / f"{number:08}_vis.png")
    return folder


def folder_of_nnunet(folder: Path, masks: Masks) -> Path:
    """nnUNetv2_predict --save_probabilities: CASE.png, .npz, .pkl and three JSON files."""
    save_index_png(folder, masks)
    for name, mask in masks.items():
        np.savez(folder / f"{name}.npz", probabilities=probabilities_of(mask)[:, None])
        (folder / f"{name}.pkl").write_bytes(b"\x80\x04N.")
    for sidecar in ("dataset", "plans", "predict_from_raw_data_args"):
        (folder / f"{sidecar}.json").write_text(json.dumps({}))
    return folder


def folder_of_smp(folder: Path, masks: Masks) -> Path:
    """The CamVid example's ``logits.softmax(dim=1)``, saved image by image with a batch of one."""
    folder.mkdir()
    for name, mask in masks.items():
        np.save(folder / f"{name}_pred.npy", probabilities_of(mask)[None])
    return folder


def folder_of_smp_with_void_first(folder: Path, masks: Masks) -> Path:
    """As the CamVid example numbers classes: unlabelled is 0, and has a plane."""
    folder.mkdir()
    for name, mask in masks.items():
        planes = probabilities_of(mask)
        np.save(folder / f"{name}.npy", np.concatenate([0 * planes[:1], planes]))
    return folder


def folder_of_torchvision(folder: Path, masks: Masks) -> Path:
    """``output.argmax(0).byte()`` with the palette of torch hub's example, by epoch."""
    palette = np.array([2**25 - 1, 2**15 - 1, 2**21 - 1])
    colors = (np.arange(21)[:, None] * palette % 255).astype(np.uint8)
    (folder / "epoch_29").mkdir(parents=True)
    for name, mask in masks.items():
        picture = Image.fromarray(mask)
        picture.putpalette(colors.ravel().tolist())
        picture.save(folder / "epoch_29" / f"{name}.png")
    return folder


def folder_of_folders(folder: Path, masks: Masks) -> Path:
    """One folder an image."""
    for name, mask in masks.items():
        (folder / name).mkdir(parents=True)
        Image.fromarray(mask).save(folder / name / "mask.png")
    return folder


@pytest.mark.parametrize(
    ("write", "options"),
    [
        (flat_folder_of_mmsegmentation, {}),
        (numbered_folder_of_mmsegmentation, {"pattern": "pred/*", "numbered": True}),
        (folder_of_nnunet, {}),
        (folder_of_nnunet, {"pattern": "*.npz"}),
        (folder_of_smp, {}),
        (folder_of_smp_with_void_first, {"labels": "one-based"}),
        (folder_of_torchvision, {}),
        (folder_of_folders, {}),
    ],
)
def test_a_framework_s_folder_scores_without_renaming(
    write: Callable[[Path, Masks], Path], options: dict[str, str], tmp_path: Path
) -> None:
    found = score(write(tmp_path / "out", fake_predictions()), **options)
    assert (found.pairs[:, :-1, :-1] == expected_counts()).all()


def test_what_stands_around_the_names_and_what_is_left_out_is_told(tmp_path: Path) -> None:
    folder = folder_of_smp(tmp_path / "out", fake_predictions())
    (folder / "log.json").write_text("{}")
    assert score(folder).notes == ("left out: 1 .json", "files are named NAME_pred.npy")


def test_predictions_of_another_size_are_scored_and_branded_on_request(tmp_path: Path) -> None:
    halves = {name: one[::2, ::2] for name, one in fake_predictions().items()}
    found = score(save_npz_of_masks(tmp_path / "half", halves), resize=True)
    assert found.resized == len(NAMES)
    enlarged = halves[NAMES[0]].repeat(2, 0).repeat(2, 1)
    truth = fake_truth().mask(0)
    assert np.trace(found.pairs[0, :-1, :-1]) == (enlarged == truth).sum()

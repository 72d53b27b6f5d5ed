"""Scores without each block of the test images."""

from __future__ import annotations

import numpy as np
import pytest
from random_counts import MODELS, TRUTH, random_counts, random_truth, stills

from segnet.errors import UserError
from segnet.scoring.counts import metrics
from segnet.statistics.blocks import plan_blocks
from segnet.statistics.jackknife import SCORES, jackknife

VIDEOS = ["a"] * 25 + ["b"] * 15


def test_scores_are_those_of_the_table() -> None:
    found = jackknife(MODELS, plan_blocks(stills(40)))["model1"]
    total = MODELS["model1"][0].sum(0)
    for score in SCORES:
        assert found.scores_of(score) == pytest.approx([float(getattr(metrics, score)(total))])


@pytest.mark.parametrize("sequences", [stills(40), VIDEOS])
def test_changes_equal_a_loop_that_leaves_out_a_block(sequences: list[str]) -> None:
    blocks = plan_blocks(sequences, block_frames=4)
    for model, found in jackknife(MODELS, blocks).items():
        (run,) = MODELS[model]
        for at, score in enumerate(SCORES):
            of = getattr(metrics, score)
            expected = [
                float(of(np.delete(run, block, axis=0).sum(0)) - of(run.sum(0)))
                for block in blocks.blocks
            ]
            np.testing.assert_allclose(found.changes.of_blocks[:, at], expected, atol=1e-12)


def test_frames_of_each_cut_video_are_left_out_in_their_order() -> None:
    counts = MODELS["model0"][0]
    found = jackknife(MODELS, plan_blocks(VIDEOS, block_frames=4))["model0"].changes
    assert [len(video) for video in found.of_videos] == [25, 15]
    without = metrics.miou(np.delete(counts, 27, axis=0).sum(0))
    assert found.of_videos[1][2, 0] == pytest.approx(without - metrics.miou(counts.sum(0)))
    assert jackknife(MODELS, plan_blocks(stills(40)))["model0"].changes.of_videos == ()


def test_a_class_that_one_block_shows_keeps_its_iou_and_is_counted() -> None:
    """Class 1 is in one image of forty with IoU 1/2, class 2 in two with IoU 0."""
    counts = np.zeros((1, 40, 4, 4), np.int64)
    counts[:, :, 0, 0] = 100
    counts[:, 5, 1, 0] = counts[:, 5, 1, 1] = 10
    counts[:, 7, 2, 0] = counts[:, 9, 2, 0] = 10
    found = jackknife({"model": counts}, plan_blocks(stills(40)))["model"]
    assert found.lone_classes == 1
    assert found.scores_of("miou") == pytest.approx((4000 / 4030 + 1 / 2) / 3)
    before, after = 4000 / 4030, 3900 / 3920
    assert found.changes.of_blocks[5, 0] == pytest.approx((after - before) / 3)


def test_a_model_of_several_seeds_changes_by_their_mean() -> None:
    seeds = np.concatenate([*MODELS.values()])
    blocks = plan_blocks(stills(40))
    alone = jackknife(MODELS, blocks)
    found = jackknife({"model": seeds}, blocks)["model"]
    expected = np.mean([one.changes.of_blocks for one in alone.values()], axis=0)
    np.testing.assert_allclose(found.changes.of_blocks, expected, atol=1e-14)
    assert found.scores_of("miou") == pytest.approx(
        [float(metrics.miou(run.sum(0))) for run in seeds]
    )


def test_a_pixel_predicted_as_no_class_is_a_miss_and_no_false_positive() -> None:
    counts = np.zeros((1, 4, 2, 3), np.int64)
    counts[0, :, 0] = [60, 0, 40]
    counts[0, :, 1] = [20, 80, 0]
    found = jackknife({"m": counts}, plan_blocks(stills(4)))["m"]
    assert found.scores_of("miou") == pytest.approx((60 / 120 + 80 / 100) / 2)


def test_models_with_other_labels_or_images_do_not_compare() -> None:
    blocks = plan_blocks(stills(40))
    other = {"ours": MODELS["model0"], "theirs": random_counts(0, random_truth(5, 40, 5))[None]}
    with pytest.raises(UserError, match="theirs: run 0 was scored against other labels than ours"):
        jackknife(other, blocks)
    with pytest.raises(UserError, match="counts of 40 images, but the split has 39"):
        jackknife(MODELS, plan_blocks(stills(39)))
    with pytest.raises(UserError, match="no model to score"):
        jackknife({}, blocks)


def test_unknown_scores_are_errors() -> None:
    found = jackknife({"m": random_counts(1, TRUTH)[None]}, plan_blocks(stills(40)))["m"]
    with pytest.raises(UserError, match=r"unknown score 'mIoU'\. Did you mean 'miou'"):
        found.scores_of("mIoU")

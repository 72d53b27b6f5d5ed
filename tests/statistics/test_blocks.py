"""Into which blocks a test split falls, and how that is worded."""

from __future__ import annotations

import pytest
from random_counts import stills

from segnet.errors import UserError
from segnet.statistics.blocks import plan_blocks

CAMVID = ["0001TP"] * 62 + ["Seq05VD"] * 171


def test_a_video_is_cut_into_runs_that_differ_by_one_frame_at_most() -> None:
    plan = plan_blocks(CAMVID)
    assert [frame for block in plan.blocks for frame in block] == list(range(233))
    assert [len(block) for block in plan.blocks] == [21, 21, 20, *[19] * 9]
    assert plan.videos == {"0001TP": tuple(range(62)), "Seq05VD": tuple(range(62, 233))}
    assert plan.num_images == 233


def test_a_block_holds_consecutive_frames_of_one_video() -> None:
    plan = plan_blocks(["a", "b"] * 8, block_frames=4)  # frames of two videos in turn
    assert plan.blocks == ((0, 2, 4, 6), (8, 10, 12, 14), (1, 3, 5, 7), (9, 11, 13, 15))


def test_stills_and_short_videos_are_blocks_of_their_own() -> None:
    plan = plan_blocks(["x", "short", "short", "y", "short"], block_frames=20)
    assert plan.blocks == ((0,), (1, 2, 4), (3,))
    assert plan.videos == {}


def test_a_short_video_alone_is_cut_in_two() -> None:
    plan = plan_blocks(["a"] * 7, block_frames=20)
    assert plan.blocks == ((0, 1, 2, 3), (4, 5, 6))
    assert list(plan.videos) == ["a"]
    assert plan_blocks(["a"]).blocks == ((0,),)


@pytest.mark.parametrize(
    ("sequences", "words", "reach"),
    [
        (
            CAMVID,
            "12 blocks of about 19 frames of the videos 0001TP and Seq05VD",
            "other frames of these videos, not other videos or training runs",
        ),
        (["a"] * 60, "3 blocks of about 20 frames of the video a", "other frames of these videos"),
        (stills(100), "100 images", "other images like these, not training runs"),
        (
            ["a"] * 60 + ["b"] * 5 + ["x"],
            "3 blocks of about 20 frames of the video a and 2 short videos",
            "other images like these and frames of these videos, not training runs",
        ),
        (
            [f"v{number % 6}" for number in range(240)],
            "12 blocks of about 20 frames of 6 videos",
            "other frames of these videos",
        ),
    ],
)
def test_blocks_and_what_they_speak_of_are_stated_in_words(
    sequences: list[str], words: str, reach: str
) -> None:
    plan = plan_blocks(sequences)
    assert str(plan) == words
    assert plan.reach.startswith(reach)


def test_no_image_and_no_frame_a_block_are_errors() -> None:
    with pytest.raises(UserError, match="no image to score"):
        plan_blocks([])
    with pytest.raises(UserError, match="block_frames is 0"):
        plan_blocks(["a", "a"], block_frames=0)

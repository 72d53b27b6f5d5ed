from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path

import av
import numpy as np
import pytest
from fake_videos import write_video

from segnet.errors import UserError
from segnet.inference.videos import VideoResult, redraw_video


def grey_frames(levels: list[int], size: tuple[int, int] = (32, 48)) -> list[np.ndarray]:
    return [np.full((*size, 3), level, np.uint8) for level in levels]


def redraw(source: Path, target: Path, draw: object = None) -> VideoResult:
    same = lambda image, number: image  # noqa: E731
    return redraw_video(source, target, draw or same, lambda done, total, speed: None)  # type: ignore[arg-type]


def read(path: Path) -> tuple[list[float], list[np.ndarray]]:
    """Times in seconds, and frames."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
        return [float(one.time or 0) for one in frames], [
            one.to_ndarray(format="rgb24") for one in frames
        ]


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp4", "libx264"), ("a.webm", "libvpx-vp9"), ("a.avi", "mpeg4")]
)
def test_every_frame_is_drawn_once_in_order(name: str, codec: str, tmp_path: Path) -> None:
    levels = [20, 60, 100, 140, 180, 220]
    write_video(tmp_path / name, grey_frames(levels), codec=codec)
    seen = []

    def draw(image: np.ndarray, number: int) -> np.ndarray:
        seen.append((number, round(image.mean())))
        return 255 - image

    result = redraw(tmp_path / name, tmp_path / "out.mp4", draw)
    assert result.frames == 6
    assert [number for number, _ in seen] == list(range(6))
    assert [level for _, level in seen] == pytest.approx(levels, abs=6)
    times, frames = read(tmp_path / "out.mp4")
    assert [frame.mean() for frame in frames] == pytest.approx(
        [255 - level for level in levels], abs=6
    )
    assert np.diff(times) == pytest.approx([1 / 25] * 5, abs=2e-3)


def test_frames_keep_their_uneven_times(tmp_path: Path) -> None:
    times = [0, 40, 300, 1000]
    write_video(tmp_path / "a.mkv", grey_frames([50, 90, 130, 170]), codec="libx264", times=times)
    redraw(tmp_path / "a.mkv", tmp_path / "out.mp4")
    found, _ = read(tmp_path / "out.mp4")
    assert np.diff(found) == pytest.approx(np.diff(times) / 1000, abs=2e-3)


def test_odd_size_grows_to_an_even_one(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", grey_frames([90, 90]))
    redraw(tmp_path / "a.mp4", tmp_path / "out.mp4", lambda image, _: image[:31, :47])
    _, frames = read(tmp_path / "out.mp4")
    assert frames[0].shape == (32, 48, 3)


def test_progress_is_told_after_each_frame(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", grey_frames([90] * 4))
    told = []
    redraw_video(
        tmp_path / "a.mp4",
        tmp_path / "out.mp4",
        lambda image, _: image,
        lambda done, total, speed: told.append((done, total, speed > 0)),
    )
    assert told == [(done, 4, True) for done in range(1, 5)]


def test_memory_does_not_grow_with_the_video(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", grey_frames([90] * 200, (128, 128)))
    tracemalloc.start()
    try:
        redraw(tmp_path / "a.mp4", tmp_path / "out.mp4", lambda image, _: 255 - image)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 30 * 128 * 128 * 3


def test_video_of_a_turned_phone_is_made_upright(tmp_path: Path) -> None:
    frame = np.full((32, 48, 3), 40, np.uint8)
    frame[:16] = 200
    write_video(tmp_path / "a.mp4", [frame])
    content = bytearray((tmp_path / "a.mp4").read_bytes())
    matrix = content.index(b"tkhd") + 4 + 40  # ISO 14496-12, 8.3.2; a quarter turn clockwise
    quarter = (0, 1 << 16, 0, -1 << 16, 0, 0, 32 << 16, 0, 1 << 30)
    content[matrix : matrix + 36] = struct.pack(">9i", *quarter)
    (tmp_path / "a.mp4").write_bytes(content)
    redraw(tmp_path / "a.mp4", tmp_path / "out.mp4")
    _, (upright,) = read(tmp_path / "out.mp4")
    assert upright.shape == (48, 32, 3)
    assert upright[:, :14].mean() == pytest.approx(40, abs=8)
    assert upright[:, 18:].mean() == pytest.approx(200, abs=8)


def test_what_fails_leaves_no_half_video(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(UserError, match=r"text\.mp4 cannot be decoded"):
        redraw(tmp_path / "text.mp4", tmp_path / "out.mp4")
    with pytest.raises(UserError, match=r"missing\.mp4 cannot be decoded .No such file"):
        redraw(tmp_path / "missing.mp4", tmp_path / "out.mp4")
    write_video(tmp_path / "a.mp4", grey_frames([90, 90]))

    def stop(image: np.ndarray, number: int) -> np.ndarray:
        if number:
            raise UserError("stopped")
        return image

    with pytest.raises(UserError, match="stopped"):
        redraw(tmp_path / "a.mp4", tmp_path / "out.mp4", stop)
    with pytest.raises(UserError, match=r"out\.mp4 cannot be written"):
        redraw(tmp_path / "a.mp4", tmp_path / "nowhere/out.mp4")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "text.mp4"]


def test_sound_without_pictures_is_an_error(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(UserError, match=r"a\.mkv holds no video stream"):
        redraw(tmp_path / "a.mkv", tmp_path / "out.mp4")

"""Videos in and out, frame by frame: however long a video is, few frames of it are in memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
from jaxtyping import UInt8

from segnet.errors import UserError

VIDEO_SUFFIXES = (".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm", ".wmv")
ENCODING = {"crf": "18", "preset": "veryfast"}
"""H.264 that is hardly told from the original."""
USUAL_RATE = 25
"""Frames per second, for a file that does not tell its own."""

Draw = Callable[[UInt8[np.ndarray, "h w 3"], int], UInt8[np.ndarray, "out_h out_w 3"]]
"""From a frame and its number to the frame of the result; all have one size."""
Report = Callable[[int, int, float], None]
"""Takes frames done, frames in all (0 where the file does not tell) and frames per second."""


class VideoResult(NamedTuple):
    """What came of a video."""

    path: Path
    frames: int
    frames_per_second: float
    """Of the work, not of the video."""


def is_video(path: Path) -> bool:
    """Whether a file's name says that it is a video."""
    return path.suffix.lower() in VIDEO_SUFFIXES


def redraw_video(source: Path, target: Path, draw: Draw, report: Report) -> VideoResult:
    """Write a video whose frames are drawn from those of another, at the same times; no sound.

    Args:
        source: a video of any format that FFmpeg reads.
        target: an ``.mp4``; it appears whole or not at all.
        draw: makes each frame, upright; called in order.
        report: called after each frame.

    Raises:
        UserError: if the source cannot be decoded or holds no picture, or the target cannot be
            written.
    """
    scratch = target.with_name(f".{target.stem}.part.mp4")
    started, done = time.perf_counter(), 0
    try:
        with _opened(source) as (frames, stream), _writing(scratch, target, stream) as write:
            for frame in frames:
                picture = draw(_upright(frame), done)
                write(picture, frame.pts)
                done += 1
                report(done, stream.frames, done / (time.perf_counter() - started))
        if not done:
            raise UserError(f"{source} has no frame that can be decoded. Name another video.")
        scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)
    return VideoResult(target, done, done / (time.perf_counter() - started))


@contextmanager
def _opened(source: Path) -> Iterator[tuple[Iterator[Any], Any]]:
    """The frames of a video, decoded one after the other, and its stream."""
    try:
        container = av.open(str(source))
    except (av.FFmpegError, OSError) as error:
        raise _unreadable(source, error) from None
    with container:
        if not container.streams.video:
            raise UserError(f"{source} holds no video stream. Name another file.")
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        yield _decoded(source, container, stream), stream


def _decoded(source: Path, container: Any, stream: Any) -> Iterator[Any]:
    done = 0
    try:
        for frame in container.decode(stream):
            yield frame
            done += 1
    except av.FFmpegError as error:
        raise _unreadable(source, error, done) from None


def _unreadable(source: Path, error: Exception, done: int = 0) -> UserError:
    reason = getattr(error, "strerror", None) or error
    place = f" behind frame {done}" if done else ""
    return UserError(f"{source} cannot be decoded{place} ({reason}). Name a sound copy of it.")


@contextmanager
def _writing(scratch: Path, target: Path, source: Any) -> Iterator[Callable[[Any, Any], None]]:
    """A function that adds a frame, at a time in the time base of the source."""
    try:
        with av.open(str(scratch), "w", format="mp4") as container:
            rate = source.average_rate or Fraction(USUAL_RATE)
            stream: Any = container.add_stream("libx264", rate=rate, options=ENCODING)
            stream.pix_fmt = "yuv420p"
            base = stream.codec_context.time_base = source.time_base or 1 / rate
            step, last = max(1, round(1 / (rate * base))), -1

            def write(picture: UInt8[np.ndarray, "h w 3"], pts: int | None) -> None:
                nonlocal last
                even = _even(picture)
                if last < 0:
                    stream.height, stream.width = even.shape[:2]
                frame: Any = av.VideoFrame.from_ndarray(even, format="rgb24")
                last = max(last + 1, last + step if pts is None else pts)  # times must rise
                frame.pts, frame.time_base = last, base
                container.mux(stream.encode(frame))

            yield write
            if last >= 0:
                container.mux(stream.encode())
    except (av.FFmpegError, OSError) as error:
        raise UserError(
            f"{target} cannot be written ({getattr(error, 'strerror', None) or error}). Free some "
            "space, or name another folder by --output."
        ) from None


def _upright(frame: Any) -> UInt8[np.ndarray, "h w 3"]:
    """The pixels of a frame, turned as a player would show them."""
    pixels: UInt8[np.ndarray, "h w 3"] = frame.to_ndarray(format="rgb24")
    return np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90)))


def _even(picture: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "even_h even_w 3"]:
    """The picture with its last row and column repeated where their number is odd, for H.264."""
    height, width = picture.shape[:2]
    return np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")

"""A job whose output is a video: lossless frames first, muxed when all are there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..contract.messages import Event, EventKind, Reporter, stop_if_cancelled
from ..media.video import VIDEO_SUFFIXES, mux_video
from .output import FrameFiles, frame_rate, read_lossless
from .shot import Shot

__all__ = ["mux_job", "video_frames_pattern"]


def video_frames_pattern(work: Path) -> Path:
    """Where the lossless frames of a video wait: 16-bit PNG, below the output's work folder."""
    return work / "frames" / "frame.######.png"


def mux_job(shot: Shot, files: FrameFiles, numbers: Sequence[int], output: Path, reporter: Reporter) -> None:
    """Write the video from the finished frames; frame times, sound and colour tags come from a source video."""

    def frames() -> Iterator[NDArray[np.float32]]:
        for index, number in enumerate(numbers):
            stop_if_cancelled(reporter)
            yield read_lossless(files.file(number))
            data = {"stage": "video", "done": index + 1, "total": len(numbers), "frame": number}
            reporter.emit(Event(EventKind.PROGRESS, data))

    path = shot.base / shot.recipe.plate.path
    if path.suffix.lower() in VIDEO_SUFFIXES:
        first = shot.plate.numbers[0]
        mux_video(frames(), output, source=path, indices=[number - first for number in numbers])
    else:
        mux_video(frames(), output, fps=frame_rate(shot))

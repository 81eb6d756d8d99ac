"""A job whose output is a video: lossless frames first, muxed when all are there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..contract.messages import Event, EventKind, Reporter, stop_if_cancelled
from ..media.images import read_image
from ..media.video import mux_video
from .output import FrameFiles, frame_rate
from .shot import Shot

__all__ = ["mux_job", "video_frames_pattern"]


def video_frames_pattern(work: Path) -> Path:
    """Where the lossless frames of a video wait: 16-bit PNG, below the output's work folder."""
    return work / "frames" / "frame.######.png"


def mux_job(shot: Shot, files: FrameFiles, numbers: Sequence[int], output: Path, reporter: Reporter) -> None:
    """Write the video from the finished frames, with the source's sound where it had any."""

    def frames() -> Iterator[NDArray[np.float32]]:
        for index, number in enumerate(numbers):
            stop_if_cancelled(reporter)
            yield read_image(files.file(number))[0]
            data = {"stage": "video", "done": index + 1, "total": len(numbers), "frame": number}
            reporter.emit(Event(EventKind.PROGRESS, data))

    source = shot.base / shot.recipe.plate.path
    is_whole_video = not shot.plate.scene_linear and tuple(numbers) == tuple(shot.plate.numbers) and source.is_file()
    mux_video(frames(), output, fps=frame_rate(shot), source=source if is_whole_video else None)

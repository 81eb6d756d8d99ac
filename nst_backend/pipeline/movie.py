"""Finished frames to a video that any player shows: a sequence, or several side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import InputError
from ..contract.frames import FrameRange
from ..contract.messages import Event, EventKind, Reporter, stop_if_cancelled
from ..image.alpha import unpremultiply
from ..image.resample import resize
from ..image.spaces import colour_space
from ..image.transfer import srgb_encode
from ..media.plate import Plate, open_plate
from ..media.video import mux_video
from .shared_frames import shared_frames

__all__ = ["make_movie"]

Array = NDArray[np.float32]


def make_movie(
    patterns: Sequence[str],
    output: Path,
    *,
    base: Path,
    frames: FrameRange | None = None,
    fps: Fraction | float | None = None,
    space: str | None = None,
    reporter: Reporter,
) -> int:
    """Write the frames that all ``patterns`` have, or of these ``frames``, as one video; returns their number.

    Scene-linear frames are shown through the sRGB curve, from ``space`` or the
    space that the files name. Several patterns stand side by side, brought to
    the height of the first.

    Raises :class:`InputError` where they have no frame in common, or not all have those that are asked for.
    """
    plates = [open_plate(pattern, base=base) for pattern in patterns]
    numbers = shared_frames([plate.numbers for plate in plates], frames)
    if not numbers:
        raise InputError("the sequences have no frame in common", remedy="check the patterns and their numbers")

    def shown() -> Iterator[Array]:
        for index, number in enumerate(numbers):
            stop_if_cancelled(reporter)
            pictures = [_shown(plate, number, space) for plate in plates]
            height = pictures[0].shape[0]
            fitted = [resize(one, (round(one.shape[1] * height / one.shape[0]), height)) for one in pictures]
            yield np.clip(np.concatenate(fitted, axis=1), 0.0, 1.0)
            data = {"stage": "movie", "done": index + 1, "total": len(numbers), "frame": number}
            reporter.emit(Event(EventKind.PROGRESS, data))

    return mux_video(shown(), output, fps=fps or plates[0].fps or Fraction(24))


def _shown(plate: Plate, number: int, space: str | None) -> Array:
    frame = plate.read(number)
    if not plate.scene_linear:
        return frame.rgb
    linear = colour_space(space or plate.colour_space or "Linear Rec.709")
    straight = unpremultiply(linear.to_linear(frame.rgb), frame.alpha)
    return srgb_encode(np.clip(linear.to_srgb_primaries(straight), 0.0, 1.0))

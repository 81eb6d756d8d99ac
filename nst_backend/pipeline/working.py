"""A frame at the size it is worked at, as light and as the networks see it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import UsageError
from ..image.alpha import unpremultiply
from ..image.highlights import Encoded, encode
from ..image.resample import resize
from ..image.spaces import ColourSpace
from ..media.plate import Frame

__all__ = ["StoredFrame", "WorkingFrame", "parse_size", "working_frame"]

Array = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class StoredFrame:
    """One plate frame as a painting is laid over it.

    ``stored``: ``(H, W, 3)`` as in the file. ``linear``: premultiplied, linear,
    in the plate's primaries. ``alpha``: ``(H, W)`` or None.
    """

    number: int
    frame: Frame
    stored: Array
    linear: Array
    alpha: Array | None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return int(self.stored.shape[1]), int(self.stored.shape[0])


@dataclass(frozen=True, kw_only=True)
class WorkingFrame(StoredFrame):
    """One plate frame, ready to be styled.

    ``straight``: ``(H, W, 3)`` unpremultiplied, linear sRGB primaries.
    ``encoded``: what the networks see.
    """

    straight: Array
    encoded: Encoded

    def to_finish(self, *, channels: bool) -> StoredFrame:
        """What is still needed once it is styled, which may wait for others: with its ``channels`` or without."""
        frame = self.frame if channels else replace(self.frame, rgb=self.stored, channels={})
        return StoredFrame(number=self.number, frame=frame, stored=self.stored, linear=self.linear, alpha=self.alpha)


def parse_size(text: str | None, plate: tuple[int, int]) -> tuple[int, int]:
    """``WIDTHxHEIGHT``, a percentage, or None for the plate's size, as (width, height).

    Raises :class:`UsageError` for anything else.
    """
    if text is None:
        return plate
    remedy = "write it like 1920x1080 or 50%"
    try:
        if text.endswith("%"):
            part = float(text[:-1]) / 100.0
            width, height = round(plate[0] * part), round(plate[1] * part)
        else:
            width, height = (int(value) for value in text.lower().split("x"))
    except (ValueError, OverflowError) as error:
        raise UsageError(f"output.size is {text!r}", remedy=remedy) from error
    if not (1 <= width <= 16384 and 1 <= height <= 16384):
        raise UsageError(f"output.size {text!r} is not between 1x1 and 16384x16384", remedy=remedy)
    return width, height


def working_frame(
    frame: Frame, space: ColourSpace, *, size: tuple[int, int], exposure: float, premultiplied: bool
) -> WorkingFrame:
    """Bring a plate frame to the working size and into the network's view.

    ``premultiplied`` tells how the file stores colour beside alpha.
    """
    stored = resize(frame.rgb, size)
    alpha = None if frame.alpha is None else np.clip(resize(frame.alpha, size), 0.0, 1.0)
    linear = space.to_linear(stored)
    straight = unpremultiply(linear, alpha) if premultiplied else linear
    straight = space.to_srgb_primaries(straight)
    return WorkingFrame(
        number=frame.number,
        frame=frame,
        stored=stored,
        linear=linear,
        straight=straight,
        encoded=encode(straight, exposure),
        alpha=alpha if premultiplied else None,
    )

"""What a preview shows of a frame; nothing of Blender."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Pictures", "View", "as_scene_linear", "reduced_size", "rows_up", "under_exponent"]

Array = NDArray[np.float32]
View = Literal["PLATE", "MATTE", "RESULT"]
_QUICK_SIDE = 480
"""Pixels of the longer side of the picture that comes first."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Pictures:
    """As far as they are there. ``plate`` and ``result``: ``(H, W, 4)`` RGBA, sRGB, straight; ``matte``: ``(H, W)``.

    Rows from the top. A result may be smaller than the plate while the full one is being painted.
    """

    plate: Array | None = None
    result: Array | None = None
    matte: Array | None = None

    def of(self, view: View) -> Array | None:
        """What ``view`` means, as RGBA; None where it is not there yet."""
        if view == "MATTE":
            return None if self.matte is None else _grey(self.matte)
        return self.plate if view == "PLATE" else self.result


def rows_up(picture: Array) -> Array:
    """``(H, W, 4)`` as Blender and graphics cards want it: flat, rows from the bottom."""
    return np.ascontiguousarray(picture[::-1]).ravel()


def as_scene_linear(picture: Array) -> Array:
    """sRGB with straight alpha, 0 to 1, as Blender keeps float images: scene-linear, premultiplied.

    Source: IEC 61966-2-1.
    """
    linear = picture.copy()
    display = picture[..., :3]
    curve = ((np.maximum(display, 0.04045) + 0.055) / 1.055) ** 2.4
    linear[..., :3] = np.where(display <= 0.04045, display / 12.92, curve) * picture[..., 3:]
    return linear


def under_exponent(picture: Array, exponent: float) -> Array:
    """What has to be drawn where sRGB is decoded by its own curve and encoded by an exponent, such as 2.2."""
    drawn = picture.copy()
    linear = np.maximum(picture[..., :3], 0.0) ** np.float32(exponent)
    curve = 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055
    drawn[..., :3] = np.where(linear <= 0.0031308, linear * 12.92, curve)
    return drawn


def reduced_size(width: int, height: int) -> str | None:
    """The size of the first, quick picture of a plate, as a recipe writes it; None for a plate that is small itself."""
    longer = max(width, height)
    if longer <= _QUICK_SIDE:
        return None
    sides: Sequence[int] = [max(1, round(side * _QUICK_SIDE / longer)) for side in (width, height)]
    return f"{sides[0]}x{sides[1]}"


def _grey(matte: Array) -> Array:
    picture = np.ones((*matte.shape, 4), np.float32)
    picture[..., :3] = matte[..., None]
    return picture

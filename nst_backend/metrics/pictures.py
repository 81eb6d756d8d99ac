"""Photographs as a style is shown them to be measured."""

from __future__ import annotations

from ..contract.errors import InputError
from ..contract.recipe import REFERENCE_LINES
from ..image.resample import resize
from ..image.warp import FloatArray

__all__ = ["at_most_lines"]


def at_most_lines(picture: FloatArray, name: str, *, smallest: int, largest: int = REFERENCE_LINES) -> FloatArray:
    """``(H, W, 3)`` sRGB in 0..1 as it is, a picture of more than ``largest`` lines brought to so many.

    Raises :class:`InputError`, which speaks of ``name``, below ``smallest`` pixels a side.
    """
    height, width = picture.shape[:2]
    if min(height, width) < smallest:
        raise InputError(f"{name} is {width}x{height}", remedy=f"give pictures of at least {smallest} px")
    if height <= largest:
        return picture
    return resize(picture, (max(1, round(width * largest / height)), largest)).clip(0.0, 1.0)

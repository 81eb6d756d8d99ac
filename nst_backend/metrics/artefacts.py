"""What must not be in a painting: dots, meshes, halos at the frame's border.

Pictures are display-referred ``(H, W, 3)`` float32 in 0..1.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..contract.errors import InputError
from ..image.luma import luma
from ..image.warp import BoolArray, FloatArray

__all__ = ["border_difference", "checkerboard", "dots"]

# The amplitude of a mesh that nobody sees: half a step of 8 bits.
_UNSEEN = 0.5 / 255


def dots(picture: FloatArray, *, threshold: float = 0.25, where: BoolArray | None = None) -> float:
    """The share of pixels that differ from their 5 x 5 median by more than ``threshold`` in any channel.

    A dot up to 3 pixels wide is seen whole; so is a line of 1 or 2 pixels, which
    plates have as well. ``where`` ``(H, W)`` narrows what is counted.
    """
    # OpenCV's 5 x 5 median takes float32.
    median = cv2.merge([cv2.medianBlur(np.ascontiguousarray(picture[:, :, c]), 5) for c in range(3)])
    found = np.abs(picture - median).max(axis=2) > threshold
    return float((found if where is None else found[where]).mean())


def checkerboard(picture: FloatArray, *, border: int = 16) -> float:
    """How far the spectrum stands out at periods of 2 and 4 pixels, along either axis; about 1 where it does not.

    The power in the row or column of the luma's spectrum at that period (Hann
    window), the largest of three, over the mean of six 4 to 6 bins away. Gaps of
    transposed convolutions and of blocks show as such lines (Odena, Dumoulin, Olah 2016,
    "Deconvolution and Checkerboard Artifacts"). To the neighbours is added half
    the power of a mesh of half a step of 8 bits, so that on a flat ground what
    nobody can see stays below 2. ``border`` pixels are cut off.

    Raises :class:`InputError` where less than 32 pixels are left.
    """
    grey = luma(picture)[border : -border or None, border : -border or None]
    side = min(grey.shape) // 8 * 8
    if side < 32:
        raise InputError(f"a picture of {picture.shape} is too small for its spectrum", remedy="give a larger picture")
    window = np.outer(np.hanning(side), np.hanning(side))
    grey = grey[:side, :side]
    power = np.abs(np.fft.fft2((grey - grey.mean()) * window)) ** 2
    # A wave of amplitude a has a peak of (a · side² / 8)²; its line sums to 3/2 of that.
    unseen = 1.5 * (_UNSEEN * side**2 / 8) ** 2 / 2
    peak = 0.0
    for axis in (0, 1):
        line = power.sum(axis=1 - axis)
        for period in (2, 4):
            at = side // period
            around = [line[(at + offset) % side] for offset in (-6, -5, -4, 4, 5, 6)]
            peak = max(peak, float(line[at - 1 : at + 2].max() / (np.mean(around) + unseen)))
    return peak


def border_difference(picture: FloatArray, *, width: int = 8, where: BoolArray | None = None) -> float:
    """How much the outer ``width`` pixels differ from the inside, in parts of full scale.

    The largest difference of a channel's mean between the pixels nearer to the
    border than ``width`` and those farther than four times that. ``where``
    ``(H, W)`` narrows both. Only a flat plate makes it a fault.

    Raises :class:`InputError` where one of the two is empty.
    """
    inside = np.zeros(picture.shape[:2], bool)
    inside[4 * width : -4 * width, 4 * width : -4 * width] = True
    outer = np.ones(picture.shape[:2], bool)
    outer[width:-width, width:-width] = False
    if where is not None:
        inside, outer = inside & where, outer & where
    if not inside.any() or not outer.any():
        raise InputError(f"a picture of {picture.shape} has no inside and border", remedy="give a larger picture")
    means = [picture[part].mean(axis=0, dtype=np.float64) for part in (outer, inside)]
    return float(np.abs(means[0] - means[1]).max())

"""What must not be in a painting: dots, checkerboards, halos at the frame's border.

Measured on paintings of flat pictures, where every one of them shows.
Pictures are display-referred ``(H, W, 3)`` float32 in 0..1.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["border_difference", "checkerboard", "dots", "flat_pictures"]

Array = NDArray[np.float32]
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


def flat_pictures(height: int = 256, width: int = 256) -> dict[str, Array]:
    """Eleven greys and six saturated colours, by name."""
    colours: dict[str, tuple[float, float, float]] = {f"grey {step * 10}": (step / 10,) * 3 for step in range(11)}
    colours |= {
        "red": (0.9, 0.05, 0.05),
        "green": (0.05, 0.8, 0.1),
        "blue": (0.05, 0.1, 0.9),
        "cyan": (0.05, 0.8, 0.8),
        "magenta": (0.8, 0.05, 0.8),
        "yellow": (0.9, 0.85, 0.05),
    }
    return {
        name: np.broadcast_to(np.array(colour, np.float32), (height, width, 3)).copy()
        for name, colour in colours.items()
    }


def dots(picture: Array, *, threshold: float = 0.25) -> float:
    """The share of pixels that differ from their 5 x 5 median by more than ``threshold`` in any channel."""
    # OpenCV's 5 x 5 median takes float32.
    median = cv2.merge([cv2.medianBlur(np.ascontiguousarray(picture[:, :, c]), 5) for c in range(3)])
    return float((np.abs(picture - median).max(axis=2) > threshold).mean())


def checkerboard(picture: Array, *, border: int = 16) -> float:
    """How far the spectrum stands out at periods of 2 and 4 pixels, along either axis.

    The power in the row or column of the spectrum at that period over the mean of
    its neighbours a few bins away; 1 where nothing stands out. Resize-convolution
    gaps show as peaks there (Odena et al. 2016, "Deconvolution and Checkerboard
    Artifacts").
    """
    luma = (picture @ _LUMA)[border:-border, border:-border]
    side = min(luma.shape) // 8 * 8
    window = np.outer(np.hanning(side), np.hanning(side))
    power = np.abs(np.fft.fft2((luma[:side, :side] - luma[:side, :side].mean()) * window)) ** 2
    peak = 0.0
    for axis in (0, 1):
        line = power.sum(axis=1 - axis)
        floor = 1e-9 * side**2
        for period in (2, 4):
            at = side // period
            around = [line[(at + offset) % side] for offset in (-6, -5, -4, 4, 5, 6)]
            peak = max(peak, float(line[at - 1 : at + 2].max() / (np.mean(around) + floor)))
    return peak


def border_difference(picture: Array, *, width: int = 8) -> float:
    """How much the outer ``width`` pixels differ from the inside: difference of mean colour, 0..1."""
    inside = np.zeros(picture.shape[:2], bool)
    inside[4 * width : -4 * width, 4 * width : -4 * width] = True
    outer = np.ones(picture.shape[:2], bool)
    outer[width:-width, width:-width] = False
    return float(np.abs(picture[outer].mean(axis=0) - picture[inside].mean(axis=0)).max())

"""Will a style flicker? Told from a single picture.

Most flicker of feed-forward styles is aliasing: the painting changes when its
input moves by less than the network's stride, or by a little noise.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..contract.errors import InputError
from ..image.warp import FloatArray, warp

__all__ = ["SMALLEST_SIDE", "StyleFunction", "equivariance_error", "noise_gain"]

SMALLEST_SIDE = 128
"""Of a picture that a shift is worth measuring on, in pixels: something must be left without the border."""

StyleFunction = Callable[[FloatArray], FloatArray]
"""Paints a display-referred ``(H, W, 3)`` picture, keeping its size."""


def equivariance_error(style: StyleFunction, picture: FloatArray, shift: float, *, border: int = 56) -> float:
    """RMS of S(T x) − T S(x), T a shift of ``shift`` pixels to the right, ``border`` pixels cut off.

    Fractional shifts are bilinear on both sides. The border is the receptive
    field's, where the two cannot agree.

    Raises :class:`InputError` where nothing is left of the picture.
    """
    margin = border + int(np.ceil(abs(shift)))
    _room(picture, margin)
    flow = np.zeros((*picture.shape[:2], 2), np.float32)
    flow[..., 0] = -shift
    apart = style(warp(picture, flow)) - warp(style(picture), flow)
    return _rms(apart[margin : -margin or None, margin : -margin or None])


def noise_gain(
    style: StyleFunction, picture: FloatArray, *, sigma: float = 0.01, seed: int = 0, border: int = 0
) -> float:
    """RMS of (S(x + n) − S(x)) / σ for Gaussian noise n of deviation σ; 1 passes noise through as it is.

    Raises :class:`InputError` where nothing is left of the picture.
    """
    _room(picture, border)
    noise = np.random.default_rng(seed).normal(0, sigma, picture.shape).astype(np.float32)
    apart = style(picture + noise) - style(picture)
    return _rms(apart[border : -border or None, border : -border or None]) / sigma


def _room(picture: FloatArray, margin: int) -> None:
    if picture.ndim != 3 or min(picture.shape[:2]) <= 2 * margin:
        raise InputError(
            f"a picture of {picture.shape} has nothing left without a border of {margin} pixels",
            remedy="give a larger picture",
        )


def _rms(difference: FloatArray) -> float:
    return float(np.sqrt(np.square(difference, dtype=np.float64).mean()))

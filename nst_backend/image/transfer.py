"""The sRGB transfer curve: the one place that knows it.

Source: IEC 61966-2-1. Continued below 0 and above 1 by the same formulas
(odd below 0), so that the pair is an exact inverse everywhere.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

__all__ = ["srgb_decode", "srgb_encode"]

Array = NDArray[np.float32]


def srgb_encode(linear: Array) -> Array:
    """Scene-linear to display-referred, any shape, float32."""
    x = torch.from_numpy(np.ascontiguousarray(linear, np.float32))
    size = x.abs()
    curve = size.clamp_min(0.0031308).pow_(1.0 / 2.4).mul_(1.055).sub_(0.055)
    return torch.where(size <= 0.0031308, x * 12.92, torch.copysign(curve, x)).numpy()


def srgb_decode(display: Array) -> Array:
    """Display-referred to scene-linear, any shape, float32."""
    x = torch.from_numpy(np.ascontiguousarray(display, np.float32))
    size = x.abs()
    curve = size.clamp_min(0.04045).add_(0.055).div_(1.055).pow_(2.4)
    return torch.where(size <= 0.04045, x / 12.92, torch.copysign(curve, x)).numpy()

"""Scene-linear to what the network sees, and the painting back into the scene.

The network works on display-referred pictures in 0..1. A pixel brighter than the
knee is divided by a gain that brings it under 1, and what the network changed is
multiplied by the same gain: strokes keep their contrast under a bright sky, and a
network that changes nothing returns the plate exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from .channels import largest, spread
from .transfer import srgb_decode, srgb_encode

__all__ = ["Encoded", "encode", "knee"]

Array = NDArray[np.float32]
KNEE = 0.8
# Below it the gain is 1, as everywhere under the knee, and not 0 / 0.
_DARKEST = 1e-30


@dataclass(frozen=True)
class Encoded:
    """A plate as the network sees it.

    ``display``: ``(H, W, 3)`` sRGB in 0..1. ``linear``: its decoded values, as
    the inverse will compute them. ``gain``: ``(H, W)``, at least 1.
    """

    display: Array
    linear: Array
    gain: Array

    def replaced(self, where: NDArray[np.bool_], values: Encoded) -> Encoded:
        """A copy with the pixels ``(H, W)`` of ``where`` taken from ``values``, ``(1, N, ...)``."""
        parts = []
        for mine, other in zip(
            (self.display, self.linear, self.gain), (values.display, values.linear, values.gain), strict=True
        ):
            copy = mine.copy()
            copy[where] = other[0]
            parts.append(copy)
        return Encoded(*parts)


def knee(m: torch.Tensor) -> torch.Tensor:
    """Identity up to 0.8, then smoothly towards 1; slope 1 at the joint."""
    room = 1.0 - KNEE
    return m.clamp_max(KNEE) - room * torch.expm1((m - KNEE).clamp_min(0.0) / -room)


def encode(straight: Array, exposure: float = 0.0) -> Encoded:
    """Straight linear sRGB ``(H, W, 3)`` to the network's view of it.

    ``exposure`` in stops brightens what the network sees. Negative values are
    clipped for the network only.
    """
    x = torch.from_numpy(np.ascontiguousarray(straight, np.float32))
    x = (x * 2.0**exposure if exposure else x).nan_to_num(0.0, 65504.0, 0.0)
    m = torch.from_numpy(largest(x.numpy())).clamp_min_(_DARKEST)
    gain = torch.ones_like(m)
    if float(m.max()) > KNEE:
        gain = m / knee(m)
        x /= torch.from_numpy(spread(gain.numpy()))
    display = srgb_encode(x.clamp_(0.0, 1.0).numpy())
    return Encoded(display=display, linear=srgb_decode(display), gain=gain.numpy())

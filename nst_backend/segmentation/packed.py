"""Masks kept small: a long shot has thousands."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..image.boxes import Box, bounding_box

__all__ = ["PackedMask", "pack", "solid"]


@dataclass(frozen=True, slots=True)
class PackedMask:
    """Coverage within a box, to 1/255, compressed."""

    box: Box
    data: bytes

    def open(self) -> NDArray[np.float32]:
        """``(height, width)`` of the box, float32 in 0..1."""
        values = np.frombuffer(zlib.decompress(self.data), np.uint8)
        return (values.reshape(self.box.height, self.box.width) / np.float32(255)).astype(np.float32)


def pack(box: Box, mask: NDArray[np.float32]) -> PackedMask | None:
    """``mask`` ``(height, width)`` of ``box``, its empty margins cut off; None where it is empty."""
    within = bounding_box(mask, above=0.5 / 255)
    if within is None:
        return None
    values = np.rint(np.clip(mask[within.slices], 0, 1) * 255).astype(np.uint8)
    kept = Box(box.top + within.top, box.left + within.left, box.top + within.bottom, box.left + within.right)
    return PackedMask(kept, zlib.compress(values.tobytes(), 1))


def solid(mask: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where a soft mask counts as the thing itself: above a half, or half of its most where it is faint throughout."""
    most = float(mask.max(initial=0.0))
    return np.asarray((mask >= min(0.5, most / 2)) & (mask > 0))

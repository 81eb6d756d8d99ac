"""One thing that a network saw twice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..image.boxes import Box
from .detection import Detection
from .packed import solid

__all__ = ["without_duplicates"]

# Masks of one thing agree better; those of two things never so well.
_SAME = 0.7


def without_duplicates(detections: Sequence[Detection]) -> list[Detection]:
    """``detections`` without those whose mask overlaps a better one's by more than seven tenths of their union.

    The highest score first, of equal ones the earlier.
    """
    kept: list[Detection] = []
    masks: list[NDArray[np.bool_]] = []
    for entry in sorted(detections, key=lambda detection: -detection.score):
        mask = solid(entry.mask)
        if not mask.any():
            continue
        if not any(_same(entry.box, mask, other.box, held) for other, held in zip(kept, masks, strict=True)):
            kept.append(entry)
            masks.append(mask)
    return kept


def _common(box: Box, mask: NDArray[np.bool_], other: Box, held: NDArray[np.bool_]) -> int:
    """Pixels that two masks, each within a box, have in common."""
    both = Box(
        max(box.top, other.top), max(box.left, other.left), min(box.bottom, other.bottom), min(box.right, other.right)
    )
    if both.height <= 0 or both.width <= 0:
        return 0
    return int((mask[both.relative_to(box).slices] & held[both.relative_to(other).slices]).sum())


def _same(box: Box, mask: NDArray[np.bool_], other: Box, held: NDArray[np.bool_]) -> bool:
    # Where the boxes are too unlike the masks need no look.
    if min(box.area, other.area) < 0.3 * max(box.area, other.area):
        return False
    shared = _common(box, mask, other, held)
    return shared > _SAME * (int(mask.sum()) + int(held.sum()) - shared)

"""How well a matte fits the truth, and how much it flickers.

F. Perazzi et al., "A benchmark dataset and evaluation methodology for video
object segmentation", CVPR 2016: region similarity J and contour accuracy F.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..flow.consistency import forward_backward
from ..flow.source import Motion
from ..image.warp import BoolArray, FloatArray, warp

__all__ = ["boundary_f", "intersection_over_union", "matte_flicker"]

TOLERANCE = 0.008
"""How far an outline may be off, as a part of the frame's diagonal."""


def intersection_over_union(matte: FloatArray, truth: FloatArray) -> float:
    """Of the pixels of two mattes ``(H, W)`` that are at least half covered; 1 where both have none."""
    ours, theirs = matte >= 0.5, truth >= 0.5
    union = int((ours | theirs).sum())
    return int((ours & theirs).sum()) / union if union else 1.0


def boundary_f(matte: FloatArray, truth: FloatArray, *, tolerance: float = TOLERANCE) -> float:
    """The harmonic mean of how much of each outline lies near the other; both mattes ``(H, W)``."""
    ours, theirs = (_outline(entry >= 0.5) for entry in (matte, truth))
    if not ours.any() or not theirs.any():
        return float(ours.any() == theirs.any())
    reach = int(np.ceil(tolerance * np.hypot(*matte.shape)))
    precision = float(_grown(theirs, reach)[ours].mean())
    recall = float(_grown(ours, reach)[theirs].mean())
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def matte_flicker(matte: FloatArray, earlier: FloatArray, motion: Motion, *, reach: int = 6) -> float | None:
    """Mean |A_t − W A_{t−1}| within ``reach`` pixels of either outline, where the flow leads there and back.

    None where there is no such pixel, or no flow from the earlier frame.
    """
    if motion.forward is None:
        return None
    carried = warp(earlier, motion.backward)
    band = _grown(_outline(matte >= 0.5) | _outline(carried >= 0.5), reach)
    counted = band & forward_backward(motion.backward, motion.forward)
    return float(np.abs(matte - carried)[counted].mean()) if counted.any() else None


def _outline(inside: BoolArray) -> BoolArray:
    """The pixels whose right, lower or diagonal neighbour is on the other side, as the benchmark draws it."""
    edge = np.zeros(inside.shape, np.bool_)
    edge[:, :-1] |= inside[:, 1:] != inside[:, :-1]
    edge[:-1] |= inside[1:] != inside[:-1]
    edge[:-1, :-1] |= inside[1:, 1:] != inside[:-1, :-1]
    return edge


def _grown(mask: BoolArray, reach: int) -> BoolArray:
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return np.asarray(cv2.dilate(mask.astype(np.uint8), disk), np.bool_)

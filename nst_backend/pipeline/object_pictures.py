"""Pictures of found objects, for people to choose from and to judge."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from ..image.boxes import Box
from ..mattes.source import Coverage

__all__ = ["overlay", "thumbnail"]

Array = NDArray[np.float32]
THUMBNAIL_SIDE = 96
DIMMED = 0.3
TINT = 0.4
_GOLDEN = 0.61803398875


def thumbnail(picture: Array, box: Box, coverage: Coverage) -> Array:
    """An object in a square of 96 pixels, what is around it dimmed; ``picture`` ``(H, W, 3)`` in 0..1."""
    height, width = picture.shape[:2]
    side = max(box.height, box.width, 8) * 5 // 4
    top, left = (box.top + box.bottom - side) // 2, (box.left + box.right - side) // 2
    matte = np.zeros((height, width), np.float32)
    matte[box.slices] = coverage
    lit = picture * (DIMMED + (1.0 - DIMMED) * matte[:, :, None])
    margin = max(0, -top, -left, top + side - height, left + side - width)
    lit = cv2.copyMakeBorder(lit, margin, margin, margin, margin, cv2.BORDER_CONSTANT)
    square = lit[top + margin : top + margin + side, left + margin : left + margin + side]
    method = cv2.INTER_AREA if side > THUMBNAIL_SIDE else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(square, (THUMBNAIL_SIDE, THUMBNAIL_SIDE), interpolation=method), np.float32)


def overlay(picture: Array, mattes: Mapping[int, Coverage], names: Mapping[int, str]) -> Array:
    """``picture`` ``(H, W, 3)`` in 0..1 with each object tinted, outlined and named; one colour a number.

    ``mattes``: ``(H, W)`` by the objects' numbers.
    """
    shown = np.array(picture, np.float32)
    colours = {
        identity: np.array(colorsys.hsv_to_rgb(identity * _GOLDEN % 1.0, 0.85, 1.0), np.float32) for identity in mattes
    }
    for identity, matte in mattes.items():
        shown += TINT * matte[:, :, None] * (colours[identity] - shown)
    # OpenCV writes text on 8-bit pictures alone.
    drawn = np.rint(np.clip(shown, 0.0, 1.0) * 255).astype(np.uint8)
    for identity, matte in mattes.items():
        colour = (colours[identity] * 255).tolist()
        outlines, _ = cv2.findContours((matte >= 0.5).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(drawn, outlines, -1, colour, 1, cv2.LINE_AA)
        if outlines:
            left, top, _, _ = cv2.boundingRect(max(outlines, key=len))
            size = max(0.35, picture.shape[0] / 1080)
            at = (left, max(top - 3, round(14 * size)))
            cv2.putText(drawn, names[identity], at, cv2.FONT_HERSHEY_SIMPLEX, size, (0, 0, 0), 3, cv2.LINE_AA)
            cv2.putText(drawn, names[identity], at, cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)
    return np.asarray(drawn / np.float32(255), np.float32)

"""From pictures of a shot to what a network takes, and from its coarse masks back to their pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..contract.errors import UsageError
from ..image.boxes import Box
from .detection import Picture

__all__ = ["Edges", "as_batch", "mask_in_box", "one_size", "pixels_within"]

Edges = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels; a picture's are ``(0, 0, W, H)``."""


def one_size(pictures: Sequence[Picture]) -> tuple[int, int]:
    """Height and width of all pictures.

    Raises :class:`UsageError` where they differ, or are none of ``(H, W, 3)``.
    """
    shapes = {picture.shape for picture in pictures}
    shape = next(iter(shapes), ())
    if len(shapes) != 1 or len(shape) != 3 or shape[2] != 3 or 0 in shape:
        raise UsageError(
            f"pictures of the shapes {sorted(shapes)} were given", remedy="give (H, W, 3), all of one size"
        )
    return shape[0], shape[1]


def as_batch(pictures: Sequence[Picture], size: tuple[int, int], device: torch.device) -> Tensor:
    """``(B, 3, h, w)`` float32 in 0..1 at ``size`` (height, width): area average down, linear up.

    What is not a number becomes black.
    """
    height, width = size
    scaled = []
    for picture in pictures:
        clean = np.clip(np.nan_to_num(picture, copy=True), 0.0, 1.0)
        smaller = height * width < clean.shape[0] * clean.shape[1]
        interpolation = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
        scaled.append(cv2.resize(clean, (width, height), interpolation=interpolation))
    return torch.from_numpy(np.stack(scaled)).to(device).permute(0, 3, 1, 2).contiguous()


def pixels_within(edges: Edges, size: tuple[int, int]) -> Box | None:
    """The pixels of a picture of ``size`` (height, width) that a rectangle touches; None for one without area."""
    left, top, right, bottom = edges
    if not all(map(math.isfinite, edges)) or right <= left or bottom <= top:
        return None
    height, width = size
    box = Box(
        max(0, math.floor(top)),
        max(0, math.floor(left)),
        min(height, math.ceil(bottom)),
        min(width, math.ceil(right)),
    )
    return box if box.height > 0 and box.width > 0 else None


def mask_in_box(mask: NDArray[np.float32], edges: Edges, box: Box, *, held: bool) -> NDArray[np.float32]:
    """Bilinear samples of ``mask`` ``(m, n)``, which fills ``edges``, at the pixels' centres of ``box``.

    Beyond ``edges`` the mask is 0 or, where ``held``, goes on as at its border.
    """
    left, top, right, bottom = edges
    rows = _weights(box.top, box.bottom, top, bottom, mask.shape[0], held)
    columns = _weights(box.left, box.right, left, right, mask.shape[1], held)
    sampled = rows @ mask.astype(np.float32, copy=False) @ columns.T
    return np.ascontiguousarray(np.clip(sampled, 0.0, 1.0))


def _weights(start: int, stop: int, first: float, last: float, cells: int, held: bool) -> NDArray[np.float32]:
    """The weight ``(pixels, cells)`` that each cell of a row between two edges has in each pixel."""
    at = (np.arange(start, stop) + 0.5 - first) * (cells / (last - first)) - 0.5
    if held:
        at = at.clip(0, cells - 1)
    weights: NDArray[np.float32] = np.maximum(0.0, 1.0 - np.abs(at[:, None] - np.arange(cells))).astype(np.float32)
    return weights

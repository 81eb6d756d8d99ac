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

__all__ = ["Edges", "as_batch", "mask_in_box", "one_size", "pixels_within", "working_size"]

_TOUCH = 1e-3

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


def working_size(
    size: tuple[int, int], *, short_side: int, long_side: int, enlarge: float = math.inf
) -> tuple[int, int]:
    """Height and width of a picture of ``size`` once its short side is brought to ``short_side``.

    The long side stays within ``long_side``, and the picture grows at most ``enlarge`` times.
    """
    height, width = size
    scale = min(short_side / min(size), long_side / max(size), enlarge)
    return max(1, round(height * scale)), max(1, round(width * scale))


def pixels_within(edges: Edges, size: tuple[int, int]) -> Box | None:
    """The pixels of a picture of ``size`` (height, width) that a rectangle touches; None where there are none.

    To touch is to reach a thousandth of a pixel into it: less is the arithmetic's.
    """
    if not all(map(math.isfinite, edges)):
        return None
    left, top, right, bottom = edges
    height, width = size
    box = Box(
        max(0, math.floor(top + _TOUCH)),
        max(0, math.floor(left + _TOUCH)),
        min(height, math.ceil(bottom - _TOUCH)),
        min(width, math.ceil(right - _TOUCH)),
    )
    return box if box.height > 0 and box.width > 0 and right > left and bottom > top else None


def mask_in_box(mask: NDArray[np.float32], edges: Edges, box: Box, *, held: bool) -> NDArray[np.float32]:
    """Bilinear samples of ``mask`` ``(m, n)``, which fills ``edges``, at the pixels' centres of ``box``.

    Beyond ``edges`` the mask is 0 or, where ``held``, goes on as at its border.
    """
    left, top, right, bottom = edges
    rows = _sampled(mask, box.top, box.bottom, top, bottom, held)
    sampled = _sampled(rows.T, box.left, box.right, left, right, held).T
    return np.ascontiguousarray(sampled.clip(0.0, 1.0), dtype=np.float32)


def _sampled(
    mask: NDArray[np.float32], start: int, stop: int, first: float, last: float, held: bool
) -> NDArray[np.float32]:
    """Rows of ``mask``, which lie between two edges, at the centres of the pixels from ``start`` to ``stop``."""
    if not held:
        mask = np.pad(mask, ((1, 1), (0, 0)))
        margin = (last - first) / (len(mask) - 2)
        first, last = first - margin, last + margin
    at = (np.arange(start, stop) + 0.5 - first) * (len(mask) / (last - first)) - 0.5
    at = at.clip(0, len(mask) - 1)
    low = np.floor(at).astype(np.intp)
    part = (at - low).astype(np.float32)[:, None]
    between: NDArray[np.float32] = mask[low] * (1 - part) + mask[np.minimum(low + 1, len(mask) - 1)] * part
    return between

"""Running a network over a picture in pieces, without a seam."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ..image.boxes import Box

__all__ = ["in_tiles", "prepared"]

Array = NDArray[np.float32]
# A reflected border needs a few pixels at the coarsest level.
SMALLEST_PICTURE = 16


def prepared(values: Array, stride: int, device: torch.device) -> Tensor:
    """``(H, W, C)`` to ``(1, C, H', W')`` on the device, continued to multiples of the stride.

    Channels stay innermost in memory, as the convolutions like them best; the strides
    say so, of the batch of one too.
    """
    height, width = values.shape[:2]
    tensor = torch.from_numpy(np.ascontiguousarray(values)).to(device).view(1, *values.shape).permute(0, 3, 1, 2)
    down = max(-height % stride, SMALLEST_PICTURE - height)
    right = max(-width % stride, SMALLEST_PICTURE - width)
    if not down and not right:
        return tensor
    mode = "reflect" if down < height and right < width else "replicate"
    return F.pad(tensor, (0, right, 0, down), mode=mode)


def in_tiles(
    size: tuple[int, int], wanted: Box, one: Callable[[Box, Box], Tensor], *, tile: int, stride: int, margin: int
) -> Array:
    """``wanted`` of a prepared picture of ``size`` (height, width), as ``(h, w, 3)``.

    ``one`` is given a box to see and the box of it that is wanted, ``margin`` away from the
    sides where the picture goes on, and styles that to ``(3, h, w)``. ``tile``: its largest side.
    """
    whole = Box.whole(*size)
    box = wanted.aligned(stride, whole)
    output = np.empty((box.height, box.width, 3), np.float32)
    for part in box.tiles(tile, stride):
        seen = part.grown(margin, whole)
        styled = one(seen, part.relative_to(seen)).permute(1, 2, 0)
        output[part.relative_to(box).slices] = styled.cpu().numpy()
    return np.ascontiguousarray(output[wanted.relative_to(box).slices])

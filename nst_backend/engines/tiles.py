"""Running a network over a picture in pieces that fit into memory, without a seam."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ..contract.errors import OutOfMemory
from ..image.boxes import Box

__all__ = ["Tiling", "prepared"]

Array = NDArray[np.float32]
SMALLEST_TILE = 128
# A reflected border needs a few pixels at the coarsest level.
SMALLEST_PICTURE = 16


def prepared(values: Array, stride: int, device: torch.device) -> Tensor:
    """``(H, W, C)`` to ``(1, C, H', W')`` on the device, continued to multiples of the stride."""
    height, width = values.shape[:2]
    tensor = torch.from_numpy(np.ascontiguousarray(values)).to(device).permute(2, 0, 1)[None].contiguous()
    down = max(-height % stride, SMALLEST_PICTURE - height)
    right = max(-width % stride, SMALLEST_PICTURE - width)
    if not down and not right:
        return tensor
    mode = "reflect" if down < height and right < width else "replicate"
    return F.pad(tensor, (0, right, 0, down), mode=mode)


class Tiling:
    """Tiles with a margin; a tile that does not fit is halved, for good.

    ``tile``: the largest side without the margin, None for a whole box at once.
    ``notes``: what was changed on the way.
    """

    def __init__(self, *, stride: int, margin: int, tile: int | None) -> None:
        self.stride = stride
        self.margin = margin
        self.tile = tile
        self.notes: list[str] = []

    def run(self, size: tuple[int, int], wanted: Box, one: Callable[[Box], Tensor]) -> Array:
        """``one`` styles a box of the prepared picture of ``size`` (height, width) to ``(3, h, w)``.

        Returns ``(h, w, 3)`` of ``wanted``. Raises :class:`OutOfMemory` when the
        smallest tile does not fit.
        """
        while True:
            try:
                return self._tiled(size, wanted, one)
            except RuntimeError as error:
                if not _is_memory(error):
                    raise
            self._shrink(max(wanted.height, wanted.width))

    def _tiled(self, size: tuple[int, int], wanted: Box, one: Callable[[Box], Tensor]) -> Array:
        whole = Box.whole(*size)
        box = wanted.aligned(self.stride, whole)
        output = np.empty((box.height, box.width, 3), np.float32)
        for tile in box.tiles(self.tile or max(box.height, box.width), self.stride):
            seen = tile.grown(self.margin, whole)
            inside = one(seen).permute(1, 2, 0)[tile.relative_to(seen).slices]
            output[tile.relative_to(box).slices] = inside.float().cpu().numpy()
        return np.ascontiguousarray(output[wanted.relative_to(box).slices])

    def _shrink(self, side: int) -> None:
        smaller = min(self.tile or side, side) // 2
        if smaller < SMALLEST_TILE:
            raise OutOfMemory(
                "the network does not fit into memory at the smallest tile",
                remedy="close other programs, or choose the cpu as device",
            )
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        self.tile = smaller
        self.notes.append(f"out of memory: tiles of {smaller} px from here")


def _is_memory(error: RuntimeError) -> bool:
    text = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError) or "out of memory" in text or "can't allocate memory" in text

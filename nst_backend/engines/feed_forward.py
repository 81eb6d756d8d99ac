"""The feed-forward engine: crops and tiles that equal the whole frame.

Given one table of statistics, each tile is run with the context its layers can
see and only its exact inside is kept, so crop = tile = whole.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ..contract.errors import OutOfMemory
from ..image.boxes import Box
from ..styles.network import Statistics, StyleNetwork

__all__ = ["FeedForward"]

Array = NDArray[np.float32]
SMALLEST_TILE = 128
# A reflected border needs a few pixels at the coarsest level.
SMALLEST_PICTURE = 16


class FeedForward:
    """One style of a network on one device.

    ``tile`` is the largest side of a pass without its margin; None runs a whole
    box at once. Running out of memory halves the tile and goes on; ``notes``
    tells. Raises :class:`OutOfMemory` when the smallest tile does not fit.
    """

    def __init__(
        self,
        network: StyleNetwork,
        index: int,
        *,
        device: torch.device,
        half: bool = False,
        tile: int | None = None,
    ) -> None:
        self.network = network
        self.device = device
        self.half = half and device.type == "cuda"
        self.tile = tile
        self.notes: list[str] = []
        self.margin = network.config.margin
        weights = torch.zeros(1, network.config.styles)
        weights[0, index] = 1.0
        self._weights = weights.to(device)

    def _prepared(self, picture: Array) -> Tensor:
        """``(1, 3, H', W')`` on the device, continued to multiples of the stride."""
        height, width = picture.shape[:2]
        stride = self.network.config.stride
        tensor = torch.from_numpy(np.ascontiguousarray(picture)).to(self.device).permute(2, 0, 1)[None].contiguous()
        down = max(-height % stride, SMALLEST_PICTURE - height)
        right = max(-width % stride, SMALLEST_PICTURE - width)
        if down or right:
            mode = "reflect" if down < height and right < width else "replicate"
            tensor = F.pad(tensor, (0, right, 0, down), mode=mode)
        return tensor

    def _run(
        self, x: Tensor, replay: Statistics | None, record: Statistics | None = None, matte: Tensor | None = None
    ) -> Tensor:
        with torch.inference_mode(), torch.autocast(self.device.type, torch.float16, enabled=self.half):
            styled: Tensor = self.network(x, self._weights, replay=replay, record=record, matte=matte)
            return styled.clamp_(0.0, 1.0)

    def statistics(self, picture: Array, matte: Array | None = None) -> Statistics:
        """Statistics of one whole-frame pass, measured under ``matte`` ``(H, W)`` where given."""
        record = Statistics()
        share = None if matte is None else self._prepared(np.repeat(matte[:, :, None], 3, axis=2))[:, :1]
        self._run(self._prepared(picture), None, record, share)
        return record

    def stylise(self, picture: Array, *, box: Box | None = None, statistics: Statistics | None = None) -> Array:
        """See :class:`~nst_backend.engines.engine.Engine`."""
        height, width = picture.shape[:2]
        wanted = box or Box.whole(height, width)
        tensor = self._prepared(picture)
        if statistics is None:
            result = self._run(tensor, None)[0].permute(1, 2, 0).cpu().numpy()
            return np.ascontiguousarray(result[wanted.slices])
        while True:
            try:
                return self._tiled(tensor, wanted, statistics)
            except (torch.OutOfMemoryError, RuntimeError) as error:
                if not _is_memory(error):
                    raise
            self._shrink(max(wanted.height, wanted.width))

    def _shrink(self, side: int) -> None:
        smaller = min(self.tile or side, side) // 2
        if smaller < SMALLEST_TILE:
            raise OutOfMemory(
                "the network does not fit into memory at the smallest tile",
                remedy="close other programs, or choose the cpu as device",
            )
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        self.tile = smaller
        self.notes.append(f"out of memory: tiles of {smaller} px from here")

    def _tiled(self, tensor: Tensor, wanted: Box, statistics: Statistics) -> Array:
        stride = self.network.config.stride
        whole = Box.whole(int(tensor.shape[2]), int(tensor.shape[3]))
        box = wanted.aligned(stride, whole)
        output = np.empty((box.height, box.width, 3), np.float32)
        for tile in box.tiles(self.tile or max(box.height, box.width), stride):
            seen = tile.grown(self.margin, whole)
            part = tensor[:, :, seen.top : seen.bottom, seen.left : seen.right]
            styled = self._run(part, statistics)[0].permute(1, 2, 0)
            inside = styled[tile.relative_to(seen).slices]
            output[tile.relative_to(box).slices] = inside.float().cpu().numpy()
        return np.ascontiguousarray(output[wanted.relative_to(box).slices])


def _is_memory(error: RuntimeError) -> bool:
    text = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError) or "out of memory" in text or "can't allocate memory" in text

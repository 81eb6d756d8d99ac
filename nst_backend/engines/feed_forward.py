"""The feed-forward engine: crops and tiles that equal the whole frame.

Given one table of statistics, each tile is run with the context its layers can
see and only its exact inside is kept, so crop = tile = whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..image.boxes import Box
from ..styles.network import Statistics, StyleNetwork
from .tiles import Tiling, prepared

__all__ = ["FeedForward", "OnePass"]

Array = NDArray[np.float32]


class _Passes:
    """A network on a device, run in pieces that fit."""

    def __init__(self, network: StyleNetwork, device: torch.device, half: bool, tile: int | None) -> None:
        config = network.config
        self.network = network
        self.device = device
        self.half = half and device.type == "cuda"
        self.margin = config.margin
        self.tiling = Tiling(stride=config.stride, margin=config.margin, tile=tile)

    @property
    def notes(self) -> list[str]:
        """What was changed to fit into memory."""
        return self.tiling.notes

    def _prepared(self, values: Array) -> Tensor:
        return prepared(values, self.network.config.stride, self.device)

    def _pass(self, x: Tensor, weights: Tensor, **options: Any) -> Tensor:
        """One pass, clipped to 0..1; ``options`` are the network's."""
        with torch.inference_mode(), torch.autocast(self.device.type, torch.float16, enabled=self.half):
            styled: Tensor = self.network(x, weights, **options)
            return styled.clamp_(0.0, 1.0)


class FeedForward(_Passes):
    """One style of a network on one device.

    ``tile`` is the largest side of a pass without its margin; None runs a whole
    box at once. Running out of memory halves the tile and goes on; ``notes``
    tells. Raises ``OutOfMemory`` when the smallest tile does not fit.
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
        super().__init__(network, device, half, tile)
        weights = torch.zeros(1, network.config.styles)
        weights[0, index] = 1.0
        self._weights = weights.to(device)

    def statistics(self, picture: Array, matte: Array | None = None) -> Statistics:
        """Statistics of one whole-frame pass, measured under ``matte`` ``(H, W)`` where given."""
        record = Statistics()
        share = None if matte is None else self._prepared(matte[:, :, None])
        self._pass(self._prepared(picture), self._weights, record=record, matte=share)
        return record

    def stylise(self, picture: Array, *, box: Box | None = None, statistics: Statistics | None = None) -> Array:
        """See :class:`~nst_backend.engines.engine.Engine`."""
        height, width = picture.shape[:2]
        wanted = box or Box.whole(height, width)
        tensor = self._prepared(picture)
        if statistics is None:
            result = self._pass(tensor, self._weights)[0].permute(1, 2, 0).cpu().numpy()
            return np.ascontiguousarray(result[wanted.slices])

        def one(seen: Box) -> Tensor:
            rows, columns = seen.slices
            return self._pass(tensor[:, :, rows, columns], self._weights, replay=statistics)[0]

        return self.tiling.run((int(tensor.shape[2]), int(tensor.shape[3])), wanted, one)


class OnePass(_Passes):
    """Several regions of one network in a single pass.

    Every pixel is normalised with its own region's table and painted in its own
    region's style; where regions meet, tables and styles blend. Farther than
    the margin from another region the result equals a pass of its own.
    """

    def __init__(
        self,
        network: StyleNetwork,
        indices: Sequence[int],
        *,
        device: torch.device,
        half: bool = False,
        tile: int | None = None,
    ) -> None:
        super().__init__(network, device, half, tile)
        self.rows = torch.tensor(list(indices), device=device)

    def stylise(self, picture: Array, shares: Array, tables: Sequence[Statistics], box: Box) -> Array:
        """The box of ``picture`` ``(H, W, 3)`` in the styles that ``shares`` ``(H, W, R)`` mix.

        ``shares`` sum to 1 over the regions wherever it matters; ``tables``: one
        for each region.
        """
        tensor, weights = self._prepared(picture), self._prepared(shares)
        table = Statistics(
            [
                (torch.cat([mean for mean, _ in layer]), torch.cat([var for _, var in layer]))
                for layer in zip(*(entry.layers for entry in tables), strict=True)
            ]
        )

        def one(seen: Box) -> Tensor:
            rows, columns = seen.slices
            return self._pass(tensor[:, :, rows, columns], weights[:, :, rows, columns], rows=self.rows, replay=table)[
                0
            ]

        return self.tiling.run((int(tensor.shape[2]), int(tensor.shape[3])), box, one)

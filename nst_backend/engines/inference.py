"""The style network in the form that one pass needs: tables of statistics worked in, channels innermost.

With the statistics known, normalisation is a scale and a shift of each channel.
For a single style they go into the filters before them, so that a layer is a
convolution and a rectifier; for several they are mixed pixel by pixel. Outputs
differ from the network's by rounding alone.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..styles.network import Convolution, Statistics, StyleNetwork

__all__ = ["InferenceNetwork"]

# Pixels mixed at a time: their scales and shifts stay in the cache.
_CHUNK = 1 << 14


class InferenceNetwork(nn.Module):
    """A network for the styles ``rows`` of its tables, normalised with one table of statistics.

    ``table``: one row of statistics for each of ``rows``. ``half``: everything
    but the last layer in fp16. Takes ``(1, 3, H, W)`` and, for more than one
    style, their shares ``(1, S, H, W)`` float32, summing to 1 over ``S``;
    gives ``(1, 3, H, W)`` float32 in 0..1.
    """

    def __init__(self, network: StyleNetwork, rows: Tensor, table: Statistics, *, half: bool = False) -> None:
        super().__init__()
        self.range = network.config.value_range
        self.dtype = torch.float16 if half else torch.float32
        with torch.inference_mode():
            affine = iter(network.affine(rows, table))

            def layer(normed: Any) -> _Layer:
                return _Layer(normed, next(affine), self.dtype)

            self.head = layer(network.head)
            self.down = nn.ModuleList([layer(normed) for normed in network.down])
            self.blocks = nn.ModuleList(
                [_Residual(layer(block.first), layer(block.second)) for block in network.blocks]
            )
            self.up = nn.ModuleList([layer(normed) for normed in network.up])
        self.tail = network.tail

    def forward(self, x: Tensor, shares: Tensor | None = None) -> Tensor:
        with torch.inference_mode():
            mixing = None if shares is None else _Shares(shares)
            x = self.head((x * self.range if self.range != 1.0 else x).to(self.dtype), mixing)
            for layer in (*self.down, *self.blocks, *self.up):
                x = layer(x, mixing)
            y: Tensor = self.tail(x.float())
            return (y.div_(self.range) if self.range != 1.0 else y).clamp_(0.0, 1.0)


class _Shares:
    """Shares of the styles at each layer's resolution."""

    def __init__(self, shares: Tensor) -> None:
        self.shares = shares
        self._smaller: dict[tuple[int, int], Tensor] = {}

    def at(self, height: int, width: int) -> Tensor:
        """``(h * w, S)``, averaged over the area of each pixel."""
        if (height, width) not in self._smaller:
            smaller = self.shares
            if smaller.shape[-2:] != (height, width):
                smaller = F.interpolate(smaller, size=(height, width), mode="area")
            self._smaller[height, width] = smaller[0].permute(1, 2, 0).reshape(height * width, -1)
        return self._smaller[height, width]


class _Layer(nn.Module):
    """A convolution, its scale and shift, and its rectifier."""

    def __init__(self, normed: Any, affine: tuple[Tensor, Tensor] | None, dtype: torch.dtype) -> None:
        super().__init__()
        self.leak = normed.leak if normed.relu else None
        self.table: Tensor | None = None
        if affine is not None and len(affine[0]) > 1:
            self.table = torch.cat(affine, dim=1)
            affine = None
        self.layer = normed.layer
        if affine is not None:
            self.layer = _scaled(normed.layer, affine[0][0], affine[1][0])
        if dtype is not torch.float32:
            self.layer = copy.deepcopy(self.layer).to(dtype)

    def forward(self, x: Tensor, mixing: _Shares | None) -> Tensor:
        y: Tensor = self.layer(x)
        if self.table is None:
            return y if self.leak is None else F.leaky_relu_(y, self.leak)
        assert mixing is not None
        y = y.contiguous(memory_format=torch.channels_last)
        pixels = y[0].permute(1, 2, 0).view(-1, y.shape[1])
        shares = mixing.at(y.shape[2], y.shape[3])
        for part, share in zip(torch.split(pixels, _CHUNK), torch.split(shares, _CHUNK), strict=True):
            scale, shift = (share @ self.table).to(part.dtype).chunk(2, dim=1)
            part.mul_(scale).add_(shift)
            if self.leak is not None:
                F.leaky_relu_(part, self.leak)
        return y


class _Residual(nn.Module):
    def __init__(self, first: _Layer, second: _Layer) -> None:
        super().__init__()
        self.first = first
        self.second = second

    def forward(self, x: Tensor, mixing: _Shares | None) -> Tensor:
        y: Tensor = self.second(self.first(x, mixing), mixing)
        return y.add_(x)


def _scaled(layer: nn.Module, scale: Tensor, shift: Tensor) -> nn.Module:
    """A copy of a layer whose outputs are scaled and shifted, ``(C,)`` each."""
    scaled = copy.deepcopy(layer)
    convolution: Any = next(part for part in scaled.modules() if isinstance(getattr(part, "weight", None), Tensor))
    weight = convolution.weight
    if isinstance(convolution, Convolution) and convolution.unit:
        weight, convolution.unit = convolution.kernel(), False
    # A folded doubling gives each channel in four phases.
    phases = len(weight) // len(scale)
    scale, shift = scale.repeat_interleave(phases), shift.repeat_interleave(phases)
    convolution.weight = nn.Parameter(weight * scale[:, None, None, None], requires_grad=False)
    convolution.bias = nn.Parameter(torch.addcmul(shift, convolution.bias, scale), requires_grad=False)
    return scaled

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

from ..image.boxes import Box
from ..styles.network import ConditionalNorm, Convolution, Statistics, StyleNetwork
from .reach import Step, steps
from .winograd import WinogradConvolution

__all__ = ["METHOD", "InferenceNetwork", "scaled"]

# Raised whenever the same network, picture and table give other values, if only by rounding: a film is not continued.
METHOD = 3

# Values mixed at a time: with their scales they stay in the cache.
_CHUNK = 1 << 18


class InferenceNetwork(nn.Module):
    """A network for the styles ``rows`` of its tables, normalised with one table of statistics.

    ``table``: one row of statistics for each of ``rows``. ``half``: everything
    but the last layer in fp16. ``like``: that of the same rows for another table,
    whose layers without statistics are taken over.
    Takes ``(1, 3, H, W)`` and, for more than one style, their shares ``(1, S, H, W)`` float32, summing to 1 over ``S``;
    gives ``(1, 3, H, W)`` float32 in 0..1, or the part ``wanted`` of it, whose inside
    is exact farther than the margin from what was cut off. The stride divides all of them.
    """

    def __init__(
        self,
        network: StyleNetwork,
        rows: Tensor,
        table: Statistics,
        *,
        half: bool = False,
        like: InferenceNetwork | None = None,
    ) -> None:
        super().__init__()
        self.config = network.config
        self.dtype = torch.float16 if half else torch.float32
        self._untouched: dict[int, _Layer] = {} if like is None or like.dtype != self.dtype else like._untouched
        with torch.inference_mode():
            affine = enumerate(network.affine(rows, table))

            def layer(normed: Any) -> _Layer:
                place, values = next(affine)
                if isinstance(normed.norm, ConditionalNorm):
                    return _Layer(normed, values, self.dtype)
                if place not in self._untouched:
                    self._untouched[place] = _Layer(normed, values, self.dtype)
                return self._untouched[place]

            self.head = layer(network.head)
            self.down = nn.ModuleList([layer(normed) for normed in network.down])
            self.blocks = nn.ModuleList(
                [_Residual(layer(block.first), layer(block.second)) for block in network.blocks]
            )
            self.up = nn.ModuleList([layer(normed) for normed in network.up])
        self.tail = network.tail

    def forward(self, x: Tensor, shares: Tensor | None = None, *, wanted: Box | None = None) -> Tensor:
        wanted = wanted or Box.whole(int(x.shape[-2]), int(x.shape[-1]))
        with torch.inference_mode():
            if (block := self.config.shuffle) > 1:
                # From here on pixels are blocks of them.
                x, wanted = F.pixel_unshuffle(x, block), wanted.coarser(block)
                shares = None if shares is None else F.avg_pool2d(shares, block)
            size = int(x.shape[-2]), int(x.shape[-1])
            mixing = None if shares is None else _Shares(shares.to(self.dtype))
            scale = self.config.value_range
            x = (x * scale if scale != 1.0 else x).to(self.dtype)
            covered = Box.whole(*size)
            *first, last = steps(self.config, wanted, size)
            layers = (self.head, *self.down, *self.blocks, *self.up)
            for layer, step in zip(layers, first, strict=True):
                x = layer(_part(x, step.reads, covered), None if mixing is None else mixing.at(step))
                covered = step.gives
            y: Tensor = self.tail(_part(x, last.reads, covered).float())
            y = _part(y, wanted, last.gives)
            if block > 1:
                y = F.pixel_shuffle(y, block)
            return (y / scale if scale != 1.0 else y).clamp_(0.0, 1.0)


def _part(x: Tensor, box: Box, covered: Box) -> Tensor:
    rows, columns = box.relative_to(covered).slices
    return x[:, :, rows, columns]


class _Shares:
    """Shares of the styles at each layer's resolution; each is half of the one before."""

    def __init__(self, shares: Tensor) -> None:
        self._levels = [shares]

    def at(self, step: Step) -> Tensor:
        """``(h * w, S)`` where a layer gives its part, averaged over the area of each pixel."""
        while len(self._levels) <= step.level:
            self._levels.append(F.avg_pool2d(self._levels[-1], 2))
        rows, columns = step.gives.slices
        return self._levels[step.level][0, :, rows, columns].permute(1, 2, 0).flatten(0, 1)


class _Layer(nn.Module):
    """A convolution, its scale and shift, and its rectifier."""

    def __init__(self, normed: Any, affine: tuple[Tensor, Tensor] | None, dtype: torch.dtype) -> None:
        super().__init__()
        self.leak = normed.leak if normed.relu else None
        self.tables: tuple[Tensor, Tensor] | None = None
        if affine is not None and len(affine[0]) > 1:
            scales, shifts = affine
            self.tables = scales.to(dtype), shifts.to(dtype)
            affine = None
        self.layer = normed.layer
        if affine is not None:
            self.layer = scaled(normed.layer, affine[0][0], affine[1][0])
        if dtype is not torch.float32:
            self.layer = copy.deepcopy(self.layer).to(dtype)

    def forward(self, x: Tensor, shares: Tensor | None) -> Tensor:
        if self.tables is None and isinstance(self.layer, WinogradConvolution):
            return self.layer(x, self.leak)  # type: ignore[no-any-return]
        y: Tensor = self.layer(x)
        if self.tables is None:
            return y if self.leak is None else F.leaky_relu_(y, self.leak)
        assert shares is not None
        scales, shifts = self.tables
        y = y.contiguous(memory_format=torch.channels_last)
        pixels = y[0].permute(1, 2, 0).view(-1, y.shape[1])
        rows = max(1, _CHUNK // y.shape[1])
        for part, share in zip(torch.split(pixels, rows), torch.split(shares, rows), strict=True):
            part.mul_(share @ scales).addmm_(share, shifts)
            if self.leak is not None:
                F.leaky_relu_(part, self.leak)
        return y


class _Residual(nn.Module):
    def __init__(self, first: _Layer, second: _Layer) -> None:
        super().__init__()
        self.first = first
        self.second = second

    def forward(self, x: Tensor, shares: Tensor | None) -> Tensor:
        y: Tensor = self.second(self.first(x, shares), shares)
        return y.add_(x)


def scaled(layer: nn.Module, scale: Tensor, shift: Tensor) -> nn.Module:
    """A copy of a layer whose outputs are scaled and shifted, ``(C,)`` each."""
    if isinstance(layer, WinogradConvolution):
        return layer.scaled(scale, shift)
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

"""3x3 convolutions in a quarter of the multiplications, for processors.

Winograd's minimal filtering F(4x4, 3x3): tiles of 6x6 pixels and filters are
carried to 36 places where the convolution is a product, and 4x4 pixels of the
result are carried back (Lavin, Gray 2016, "Fast Algorithms for Convolutional
Neural Networks"). Each of the three steps is a matrix product, on pieces of the
picture that stay in the processor's cache. Exact but for rounding, of which
the points below keep most away.
"""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..styles.folded import FoldedConvolution
from ..styles.network import Convolution, StyleNetwork
from .threads import in_pieces

__all__ = ["WinogradConvolution", "with_winograd"]

# Pixels of the result on a side of a tile, and of the tile.
_GIVEN, _SEEN = 4, 6
# The usual points 0, ±1, ±2 round 2.3 times as coarsely (a search as in Barabasz et al. 2020, "Error Analysis
# and Improving the Accuracy of Winograd Convolution for Deep Neural Networks"). The sixth is infinity.
_POINTS = (0.0, 2 / 3, -2 / 3, 3 / 2, -3 / 2)
# Inputs times outputs. With a quarter of them carrying to and fro costs what the products save, with half as many
# where several threads share a pass.
_CHANNELS = 64 * 128
# Values of a piece before and after the product. Smaller ones lose to the number of calls, larger ones to the caches.
_VALUES = 1 << 20

Matrix = NDArray[np.float64]


def _carriers() -> tuple[Matrix, Matrix, Matrix]:
    """Toom and Cook's construction: what carries the result back (4, 6), filters (6, 3), tiles (6, 6)."""
    back, filters, tiles = np.zeros((_GIVEN, _SEEN)), np.zeros((_SEEN, 3)), np.zeros((_SEEN, _SEEN))
    for place, point in enumerate(_POINTS):
        others = [other for other in _POINTS if other != point]
        back[:, place] = [point**power for power in range(_GIVEN)]
        filters[place] = [point**power / np.prod([point - other for other in others]) for power in range(3)]
        tiles[place, : _SEEN - 1] = np.poly(others)[::-1]
    back[-1, -1] = filters[-1, -1] = 1.0
    tiles[-1] = np.poly(_POINTS)[::-1]
    return back, filters, tiles


def _both_ways(matrix: Matrix) -> Tensor:
    return torch.from_numpy(np.kron(matrix, matrix))


_BACK, _FILTERS, _TILES = (_both_ways(matrix) for matrix in _carriers())


class WinogradConvolution(nn.Module):
    """A 3x3 convolution of stride 1 of a picture that is continued by a pixel on each side.

    ``weight``: ``(outputs, inputs, 3, 3)``; ``border`` and ``phases`` as in
    :class:`~nst_backend.styles.folded.FoldedConvolution`.
    Takes and gives ``(1, C, H, W)`` float32, channels innermost in memory.
    """

    tiles: Tensor
    back: Tensor
    scale: Tensor

    def __init__(self, weight: Tensor, bias: Tensor, *, border: str, phases: bool) -> None:
        super().__init__()
        outputs, inputs = weight.shape[:2]
        if phases:
            # The channels of a phase beside one another, as they are written.
            weight = weight.view(outputs // 4, 4, inputs, 3, 3).transpose(0, 1).reshape(weight.shape)
            bias = bias.view(outputs // 4, 4).t().reshape(outputs)
        carried = _FILTERS @ weight.double().permute(2, 3, 1, 0).reshape(9, inputs * outputs)
        self.weight = nn.Parameter(carried.float().view(_SEEN**2, inputs, outputs), requires_grad=False)
        self.bias = nn.Parameter(bias.clone(), requires_grad=False)
        self.register_buffer("tiles", _TILES.float(), persistent=False)
        self.register_buffer("back", _BACK.float(), persistent=False)
        self.register_buffer("scale", torch.ones_like(self.bias), persistent=False)
        self.border = border
        self.phases = phases

    def scaled(self, scale: Tensor, shift: Tensor) -> WinogradConvolution:
        """A copy whose outputs are scaled and shifted, ``(C,)`` each; it shares the filters."""
        made = copy.copy(self)
        made._parameters, made._buffers = dict(self._parameters), dict(self._buffers)
        if self.phases:
            scale, shift = scale.repeat(4), shift.repeat(4)
        made.scale = self.scale * scale
        made.bias = nn.Parameter(torch.addcmul(shift, self.bias, scale), requires_grad=False)
        return made

    def forward(self, x: Tensor, leak: float | None = None) -> Tensor:
        """``leak``: what a rectifier leaves of values below 0; None for no rectifier."""
        picture = x.squeeze(0).permute(1, 2, 0)
        height, width, inputs = picture.shape
        outputs = self.weight.shape[2]
        down, across = -(-height // _GIVEN), -(-width // _GIVEN)
        fine = 2 if self.phases else 1
        channels = outputs // fine**2
        given = picture.new_empty(1, down * _GIVEN * fine, across * _GIVEN * fine, channels)
        threads = torch.get_num_threads()
        # As many for each thread: those that have done theirs would wait for the others.
        rounds = math.ceil(down * _SEEN**2 * across * max(inputs, outputs) / (_VALUES * threads))
        most = math.ceil(down / (rounds * threads))

        def work(first: int) -> None:
            rows = min(most, down - first)
            strip = self._strip(picture, first * _GIVEN, rows * _GIVEN + 2, across * _GIVEN + 2)
            line = strip.stride(0)
            seen = strip.as_strided(
                (_SEEN, _SEEN, rows, across, inputs), (line, inputs, _GIVEN * line, _GIVEN * inputs, 1)
            )
            carried = torch.mm(self.tiles, seen.reshape(_SEEN**2, rows * across * inputs))
            product = torch.bmm(carried.view(_SEEN**2, rows * across, inputs), self.weight)
            result = torch.mm(self.back, product.view(_SEEN**2, rows * across * outputs)).view(-1, outputs)
            # In the cache this costs less than filters of its own for each table of statistics.
            torch.addcmul(self.bias, result, self.scale, out=result)
            part = given[0, first * _GIVEN * fine : (first + rows) * _GIVEN * fine]
            # From (y, x, row, column, phase y, phase x, C) to (row, y, phase y, column, x, phase x, C).
            part = part.view(rows, _GIVEN, fine, across, _GIVEN, fine, channels)
            result = result.view(_GIVEN, _GIVEN, rows, across, fine, fine, channels).permute(2, 0, 4, 3, 1, 5, 6)
            torch.ops.aten.leaky_relu.out(result, 1.0 if leak is None else leak, out=part)

        in_pieces(work, range(0, down, most))
        return given[:, : height * fine, : width * fine].permute(0, 3, 1, 2)

    def _strip(self, picture: Tensor, top: int, rows: int, columns: int) -> Tensor:
        """``(rows, columns, C)`` of the picture from the line above ``top`` on, its border continued, then nothing."""
        height, width, channels = picture.shape
        strip = picture.new_empty(rows, columns, channels)
        above, below = max(top - 1, 0), min(top - 1 + rows, height)
        strip[above - top + 1 : below - top + 1, 1 : width + 1] = picture[above:below]
        inward = 1 if self.border == "reflect" and min(height, width) > 1 else 0
        strip[:, 0], strip[:, width + 1] = strip[:, 1 + inward], strip[:, width - inward]
        strip[:, width + 2 :] = 0.0
        if top == 0:
            strip[0] = strip[1 + inward]
        if (bottom := height - top + 1) < rows:
            strip[bottom] = strip[bottom - 1 - inward]
            strip[bottom + 1 :] = 0.0
        return strip


def with_winograd(network: StyleNetwork) -> StyleNetwork:
    """A network, folded or not, whose 3x3 layers of many channels take fewer multiplications.

    The one that is given stays as it is, and shares all other layers.
    """
    shared = [network.head, *network.down, network.tail, *(normed.layer for normed in _with_3x3(network))]
    made = copy.deepcopy(network, {id(part): part for part in shared})
    for normed in _with_3x3(made):
        layer = normed.layer
        weight: Tensor
        if isinstance(layer, FoldedConvolution):
            weight = layer.weight
        elif isinstance(layer, Convolution):
            weight = layer.kernel()
        else:
            continue
        if weight.shape[0] * weight.shape[1] >= _CHANNELS:
            phases = isinstance(layer, FoldedConvolution)
            normed.layer = WinogradConvolution(weight, layer.bias, border=layer.border, phases=phases)
    return made


def _with_3x3(network: StyleNetwork) -> list[Any]:
    return [*(part for block in network.blocks for part in (block.first, block.second)), *network.up]

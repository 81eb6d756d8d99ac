"""The same network in fewer, better shaped convolutions, for inference.

* convolution and blur-pool become one 6x6 convolution of stride 2;
* doubling and convolution become one convolution at the coarse size whose four
  phases are interleaved (as the sub-pixel convolution of Shi et al. 2016);
* the last convolution, whose three outputs leave most of a vector unit idle,
  gives blocks of 2x2 pixels.

Channels are innermost in memory, in the filters too: by those the layers tell how
a picture of one frame lies, whose own strides leave it open.

Nothing is approximated: outputs differ by rounding alone, borders included.
"""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .network import Convolution, StyleNetwork

__all__ = ["FoldedConvolution", "fold"]

# What a fine pixel of even and odd place takes from the coarse row: for each of the three
# taps of the convolution behind the doubling (rows), the weights of coarse i-1, i, i+1.
_BILINEAR = (
    ((0.75, 0.25, 0.0), (0.25, 0.75, 0.0), (0.0, 0.75, 0.25)),
    ((0.25, 0.75, 0.0), (0.0, 0.75, 0.25), (0.0, 0.25, 0.75)),
)
_NEAREST = (
    ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 1.0, 0.0)),
    ((0.0, 1.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
)


class FoldedConvolution(nn.Module):
    """A convolution of a picture that is continued by ``reach`` pixels on each side.

    ``border``: how, as in ``torch.nn.functional.pad``; where there is too little to reflect, by its edge.
    ``phases``: each output channel comes in four, the pixels of a picture twice as fine.
    """

    def __init__(
        self, weight: Tensor, bias: Tensor, *, reach: int, border: str, stride: int = 1, phases: bool = False
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight.contiguous(), requires_grad=False)
        self.bias = nn.Parameter(bias.repeat_interleave(4) if phases else bias.clone(), requires_grad=False)
        self.reach = reach
        self.border = border
        self.stride = stride
        self.phases = phases

    def forward(self, x: Tensor) -> Tensor:
        mode = self.border if min(x.shape[-2:]) > self.reach else "replicate"
        y = F.conv2d(F.pad(x, (self.reach,) * 4, mode=mode), self.weight, self.bias, stride=self.stride)
        return F.pixel_shuffle(y, 2) if self.phases else y


def _down(weight: Tensor, bias: Tensor, kernel: Tensor) -> FoldedConvolution:
    """``pool(conv(x))`` as one 6x6 convolution of stride 2."""
    outputs, inputs = weight.shape[:2]
    flat = weight.reshape(outputs * inputs, 1, 3, 3)
    # The full correlation of two correlations: the second kernel slides over the first.
    combined = F.conv2d(F.pad(flat, (3, 3, 3, 3)), kernel.flip(2, 3)).reshape(outputs, inputs, 6, 6)
    return FoldedConvolution(combined, bias, reach=2, border="reflect", stride=2)


def _up(weight: Tensor, bias: Tensor, *, bilinear: bool) -> FoldedConvolution:
    """``conv(doubled(x))`` as one convolution at the coarse size, phases interleaved."""
    taps = torch.tensor(_BILINEAR if bilinear else _NEAREST, dtype=weight.dtype)
    # (phase y, phase x, out, in, row, column) to (out * 4, in, row, column)
    phases = torch.einsum("ockl,ykr,xls->oyxcrs", weight, taps, taps)
    outputs, _, _, inputs, rows, columns = phases.shape
    folded = phases.reshape(outputs * 4, inputs, rows, columns)
    return FoldedConvolution(folded, bias, reach=1, border="replicate", phases=True)


def _tail(weight: Tensor, bias: Tensor) -> FoldedConvolution:
    """A 9x9 convolution computed two by two pixels at a time; needs even sides."""
    outputs, inputs = weight.shape[:2]
    blocks = torch.zeros(outputs, 4, inputs, 10, 10, dtype=weight.dtype)
    for y in (0, 1):
        for x in (0, 1):
            blocks[:, 2 * y + x, :, y : y + 9, x : x + 9] = weight
    folded = blocks.reshape(outputs * 4, inputs, 10, 10)
    return FoldedConvolution(folded, bias, reach=4, border="reflect", stride=2, phases=True)


def fold(network: StyleNetwork) -> StyleNetwork:
    """A copy of the network in folded form; it takes and gives the same, and cannot be trained."""
    folded = copy.deepcopy(network).eval().requires_grad_(False)
    config = network.config
    with torch.no_grad():
        for layer in folded.down:
            down = layer.layer
            if config.antialias:
                layer.layer = _down(down.conv.weight, down.conv.bias, down.pool.kernel)  # type: ignore[union-attr, arg-type]
            else:
                layer.layer = down.conv  # type: ignore[union-attr]
        for layer in folded.up:
            conv = layer.layer.conv  # type: ignore[union-attr]
            layer.layer = _up(conv.kernel(), conv.bias, bilinear=config.antialias)  # type: ignore[union-attr, arg-type, operator]
        for module in folded.modules():
            if isinstance(module, Convolution) and module.unit:
                module.weight.copy_(module.kernel())
                module.unit = False
        if config.levels > 0 and config.shuffle == 1:
            folded.tail = _tail(network.tail.weight, network.tail.bias)  # type: ignore[assignment, arg-type]
    return folded.to(memory_format=torch.channels_last)

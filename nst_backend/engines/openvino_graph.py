"""A style network as an OpenVINO model of one picture size.

Made of operations, in this process, from the network's layers: nothing is traced,
and no model file is read or written. Scales and shifts that a table of statistics
determines are inputs beside the picture, so that the next table needs no other
model; all others are worked into the filters.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..styles.folded import FoldedConvolution
from ..styles.network import ConditionalNorm, Convolution, Statistics, StyleNetwork
from .inference import scaled
from .openvino_library import openvino, opset

__all__ = ["build_model", "table_inputs"]

Array = NDArray[np.float32]


def build_model(network: StyleNetwork, row: Tensor, table: Statistics, size: tuple[int, int]) -> Any:
    """The ``openvino.Model`` of a folded network for pictures of ``size`` (height, width), which the stride divides.

    ``row``: ``(1,)``, the style. Inputs: the picture ``(1, H, W, 3)`` float32, and those of
    :func:`table_inputs`; ``table`` is any that fits. Output: the painting, likewise, clipped to 0..1.
    """
    config = network.config
    picture = opset.parameter([1, *size, 3], np.float32)
    inputs = [picture]
    x = opset.transpose(picture, [0, 3, 1, 2])
    if config.value_range != 1.0:
        x = opset.multiply(x, np.float32(config.value_range))
    if config.shuffle > 1:
        x = opset.space_to_depth(x, "depth_first", config.shuffle)
    affine = iter(network.affine(row, table))

    def run(x: Any, normed: Any) -> Any:
        entry = next(affine)
        layer, leak = normed.layer, normed.leak if normed.relu else None
        if isinstance(normed.norm, ConditionalNorm):
            channels = len(layer.weight)
            steered = [opset.parameter([1, channels, 1, 1], np.float32) for _ in range(2)]
            inputs.extend(steered)
            return _layer(x, layer, leak, steered)
        if entry is not None:
            layer = scaled(layer, entry[0][0], entry[1][0])
        return _layer(x, layer, leak)

    with torch.inference_mode():
        for normed in (network.head, *network.down):
            x = run(x, normed)
        for block in network.blocks:
            x = opset.add(x, run(run(x, block.first), block.second))
        for normed in network.up:
            x = run(x, normed)
        x = _layer(x, network.tail, None)
    if config.shuffle > 1:
        x = opset.depth_to_space(x, "depth_first", config.shuffle)
    if config.value_range != 1.0:
        x = opset.divide(x, np.float32(config.value_range))
    painting = opset.transpose(opset.clamp(x, 0.0, 1.0), [0, 2, 3, 1])
    return openvino.Model([opset.result(painting)], inputs, "style")


def table_inputs(network: StyleNetwork, row: Tensor, table: Statistics) -> list[Array]:
    """The model's inputs beside the picture: scale and shift ``(1, C, 1, 1)`` of each layer that needs the table."""
    with torch.inference_mode():
        found: list[Array] = []
        for normed, entry in zip(_normed(network), network.affine(row, table), strict=True):
            if isinstance(normed.norm, ConditionalNorm):
                assert entry is not None
                found.extend(_outputs(normed.layer, values[0])[None, :, None, None] for values in entry)
        return found


def _normed(network: StyleNetwork) -> Iterator[Any]:
    """The normalised layers, in the order that they are run."""
    yield from (network.head, *network.down)
    for block in network.blocks:
        yield from (block.first, block.second)
    yield from network.up


def _layer(x: Any, layer: Any, leak: float | None, steered: list[Any] | None = None) -> Any:
    """A convolution, its scale and shift where they are inputs, and its rectifier, which OpenVINO runs as one."""
    weight: Tensor
    if isinstance(layer, FoldedConvolution):
        weight, reach, stride = layer.weight, layer.reach, layer.stride
    elif isinstance(layer, Convolution):
        weight, reach, stride = layer.kernel(), layer.kernel_size[0] // 2, layer.stride[0]
    else:
        raise TypeError(f"a folded network has no {type(layer).__name__}")
    edge = layer.border == "replicate" or min(x.shape[2:]) <= reach
    x = opset.pad(x, [0, 0, reach, reach], [0, 0, reach, reach], "edge" if edge else "reflect")
    x = opset.convolution(x, _outputs(layer, weight), [stride] * 2, [0, 0], [0, 0], [1, 1])
    x = opset.add(x, _outputs(layer, layer.bias)[None, :, None, None])
    if steered is not None:
        scale, shift = steered
        x = opset.add(opset.multiply(x, scale), shift)
    if leak is not None:
        x = opset.prelu(x, np.full(1, leak, np.float32))
    return opset.depth_to_space(x, "blocks_first", 2) if _phased(layer) else x


def _outputs(layer: Any, values: Tensor) -> Array:
    """Values of a layer's channels, ``(C or 4 C, ...)``, in the model's order.

    There the four phases of all channels follow one another: of each fine pixel the channels
    lie side by side, and are spread in one piece.
    """
    if _phased(layer):
        channels = len(layer.bias) // 4
        if len(values) == channels:
            values = values.repeat_interleave(4, dim=0)
        values = values.view(channels, 4, *values.shape[1:]).transpose(0, 1).flatten(0, 1)
    return np.ascontiguousarray(values.numpy())


def _phased(layer: Any) -> bool:
    return isinstance(layer, FoldedConvolution) and layer.phases

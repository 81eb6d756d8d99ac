"""Style networks in ONNX files: the graph is read off, node by node, as the layers of a fast_neural_style network.

Since the picture goes through such a network in one line, with a bridge over each
residual block, the nodes that touch it stand in one order only, whatever wrote the
file. Names in the file mean nothing here, and the graph itself is never run.

Source of the topology: ``pytorch/examples`` fast_neural_style, ``transformer_net.py``.
Operators: ONNX's ``Operators.md`` and ``Changelog.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..contract.errors import InputError
from ..weights.onnx_graph import OnnxGraph, OnnxNode
from ..weights.onnx_values import GraphValues
from .foreign_layers import ForeignLayers

__all__ = ["graph_layers"]

_REMEDY = "give an ONNX export of a network of pytorch/examples fast_neural_style"
_PROBE = 256
"""Height and width that graphs which compute with the picture's size are told, where they leave it open."""


@dataclass(frozen=True)
class _Layer:
    """Doubling, padding, convolution, normalisation, rectifier; the middle two always."""

    start: str
    """The feature that goes in."""
    conv: OnnxNode
    doubled: bool
    size: int
    stride: int
    weight: Tensor
    bias: Tensor
    norm: tuple[OnnxNode, Tensor, Tensor] | None
    relu: bool


def graph_layers(graph: OnnxGraph) -> ForeignLayers:
    """The layers of ``graph``.

    Raises :class:`InputError` naming the first node that does not fit, or the first
    weights that cannot be trusted.
    """
    return _Reader(graph).network()


class _Reader:
    def __init__(self, graph: OnnxGraph) -> None:
        self.graph = graph
        self.values = GraphValues(graph)
        self.cursor = graph.input
        self.shape = _picture_shape(graph)
        self.values.measured(self.cursor, self.shape)
        self._rest = iter(graph.nodes)
        self.next = self._following()
        self.tensors: dict[str, Tensor] = {}
        self.sources: dict[str, str] = {}
        self.eps: float | None = None

    # ---- the network

    def network(self) -> ForeignLayers:
        levels = blocks = doubled = 0
        self._keep("head.layer", self._layer(), size=9)
        layer = self._layer()
        while layer.stride == 2 and not layer.doubled:
            self._keep(f"down.{levels}.layer.conv", layer, stride=2)
            levels += 1
            layer = self._layer()
        while not layer.doubled and layer.norm is not None:
            self._keep(f"blocks.{blocks}.first.layer", layer)
            self._keep(f"blocks.{blocks}.second.layer", self._layer(), relu=False)
            self._bridge(layer.start)
            blocks += 1
            layer = self._layer()
        while layer.doubled:
            if doubled == levels:
                self._refuse(layer.conv, f"it doubles the picture once more than it was halved, {levels} times")
            self._keep(f"up.{doubled}.layer.conv", layer, doubled=True)
            doubled += 1
            layer = self._layer()
        if doubled < levels:
            self._refuse(layer.conv, "the picture is smaller than it was")
        self._keep("tail", layer, size=9, norm=False, relu=False)
        if self.next is not None:
            self._refuse(self.next, "expected the picture to be done")
        if self.cursor != self.graph.output:
            self._refuse(layer.conv, f"the graph gives {self.graph.output[:80]!r} instead of what it makes")
        return ForeignLayers(self.tensors, self._called, levels, blocks, self.eps or 0.0)

    def _keep(
        self,
        name: str,
        layer: _Layer,
        *,
        size: int = 3,
        stride: int = 1,
        doubled: bool = False,
        norm: bool = True,
        relu: bool = True,
    ) -> None:
        found = (layer.size, layer.stride, layer.doubled, layer.norm is not None, layer.relu)
        expected = (size, stride, doubled, norm, relu)
        if found[:3] == expected[:3] and self.next is not None:
            # What should follow the convolution does not: the node in its place is the one to name.
            if norm and layer.norm is None:
                self._refuse(self.next, "expected InstanceNormalization")
            if relu and not layer.relu:
                self._refuse(self.next, "expected Relu")
        if found != expected:
            self._refuse(layer.conv, f"expected {_described(*expected)}, found {_described(*found)}")
        self._store(f"{name}.weight", layer.weight, layer.conv)
        self._store(f"{name}.bias", layer.bias, layer.conv)
        if layer.norm is not None:
            node, scale, shift = layer.norm
            place = name.removesuffix(".conv").removesuffix(".layer")
            self._store(f"{place}.norm.scale", scale[None], node)
            self._store(f"{place}.norm.shift", shift[None], node)

    def _store(self, name: str, value: Tensor, node: OnnxNode) -> None:
        self.tensors[name] = value
        self.sources[name] = f"{node} ({name.rpartition('.')[2]})"

    def _called(self, own: str) -> str:
        return self.sources.get(own, own)

    def _bridge(self, start: str) -> None:
        """The sum of a residual block and what went into it."""
        node = self._take("Add")
        if {*node.inputs} != {start, self.cursor}:
            self._refuse(node, "expected the sum of a residual block and its input")
        self._step(node, self.shape)

    # ---- one layer

    def _layer(self) -> _Layer:
        start = self.cursor
        doubled = self.next is not None and self.next.op in ("Upsample", "Resize")
        if self.next is not None and doubled:
            self._doubling(self._take(self.next.op))
        reach = self._padding(self._take("Pad"))
        conv = self._take("Conv")
        weight, bias, stride = self._convolution(conv, reach)
        norm = self._normalisation(weight.shape[0]) if self._comes("InstanceNormalization") else None
        relu = self._comes("Relu")
        if relu:
            self._step(self._take("Relu"), self.shape)
        return _Layer(start, conv, doubled, weight.shape[2], stride, weight, bias, norm, relu)

    def _doubling(self, node: OnnxNode) -> None:
        attributes = node.attributes
        if _text(attributes, "mode", "nearest") != "nearest":
            self._refuse(node, f"it enlarges by {_text(attributes, 'mode', '')!r}, expected nearest")
        if node.op == "Resize" and self.graph.opset >= 11 and not _repeats(attributes):
            self._refuse(node, "its nearest pixel is not the one that repeating each pixel gives")
        if self.graph.opset >= 11:
            # Inputs: picture, region of interest, scales, sizes.
            scales, sizes = self._operand(node, 2), self._operand(node, 3)
        else:
            listed = attributes.get("scales")
            scales, sizes = self._operand(node, 1) if listed is None else np.array(listed), None
        batch, channels, height, width = self.shape
        if sizes is not None and sizes.size:
            twice = np.array_equal(sizes, (batch, channels, 2 * height, 2 * width)) and "axes" not in attributes
        else:
            twice = scales is not None and np.array_equal(scales, (1, 1, 2, 2)) and "axes" not in attributes
        if not twice:
            self._refuse(node, "it does not double height and width")
        self._step(node, (batch, channels, 2 * height, 2 * width))

    def _padding(self, node: OnnxNode) -> int:
        if _text(node.attributes, "mode", "constant") != "reflect":
            self._refuse(
                node, f"it continues the border by {_text(node.attributes, 'mode', 'constant')!r}, not reflect"
            )
        found = self._operand(node, 1) if self.graph.opset >= 11 else np.array(node.attributes.get("pads", ()))
        axes = self._operand(node, 3)
        if found is not None and axes is not None and np.array_equal(axes % 4, (2, 3)) and found.shape == (4,):
            found = np.array([0, 0, *found[:2], 0, 0, *found[2:]])
        reach = int(found[2]) if found is not None and found.shape == (8,) else 0
        if found is None or reach < 1 or not np.array_equal(found, (0, 0, reach, reach) * 2):
            self._refuse(node, "it does not continue all four sides alike")
        self._step(node, self.shape)
        return reach

    def _convolution(self, node: OnnxNode, reach: int) -> tuple[Tensor, Tensor, int]:
        weight = self._weights(node, 1)
        attributes = node.attributes
        strides = list(attributes.get("strides", (1, 1)))
        plain = (
            weight.ndim == 4
            and weight.shape[2] == weight.shape[3] == 2 * reach + 1
            and attributes.get("group", 1) == 1
            and list(attributes.get("dilations", (1, 1))) == [1, 1]
            and not any(attributes.get("pads", ()))
            and _text(attributes, "auto_pad", "NOTSET") in ("NOTSET", "VALID")
            and strides in ([1, 1], [2, 2])
        )
        if not plain:
            self._refuse(node, "expected a square convolution of what was padded, with a stride of 1 or 2")
        batch, channels, height, width = self.shape
        if weight.shape[1] != channels or weight.shape[0] < 1:
            self._refuse(node, f"it takes {weight.shape[1]} channels where there are {channels}")
        bias = self._weights(node, 2) if len(node.inputs) > 2 and node.inputs[2] else torch.zeros(weight.shape[0])
        outputs = int(weight.shape[0])
        self._step(node, (batch, outputs, *((side - 1) // strides[0] + 1 for side in (height, width))))
        return weight, bias, strides[0]

    def _normalisation(self, channels: int) -> tuple[OnnxNode, Tensor, Tensor]:
        node = self._take("InstanceNormalization")
        scale, shift = self._weights(node, 1), self._weights(node, 2)
        # The attribute is stored in float32: 1e-5 comes back as 9.99999975e-06.
        eps = float(f"{node.attributes.get('epsilon', 1e-5):.6g}")
        if self.eps not in (None, eps):
            self._refuse(node, f"its epsilon is {eps:g}, that of the others {self.eps:g}")
        self.eps = eps
        self._step(node, self.shape)
        return node, scale, shift

    # ---- nodes and values

    def _following(self) -> OnnxNode | None:
        """The next node that touches the picture; those before it are computed."""
        return next((node for node in self._rest if not self.values.take(node)), None)

    def _comes(self, op: str) -> bool:
        return self.next is not None and self.next.op == op

    def _take(self, op: str) -> OnnxNode:
        node = self.next
        if node is None:
            raise InputError(f"{self.graph.file} ends where {op} is expected", remedy=_REMEDY)
        if node.op != op:
            self._refuse(node, f"expected {op}")
        if len(node.outputs) != 1 or (op != "Add" and node.inputs[:1] != (self.cursor,)):
            self._refuse(node, "it does not take what the node before it makes")
        return node

    def _step(self, node: OnnxNode, shape: tuple[int, int, int, int]) -> None:
        self.cursor = node.outputs[0]
        self.shape = shape
        self.values.measured(self.cursor, shape)
        self.next = self._following()

    def _operand(self, node: OnnxNode, index: int) -> NDArray[Any] | None:
        """A number beside the picture; None where it is left out."""
        if len(node.inputs) <= index or not node.inputs[index]:
            return None
        if node.inputs[index] not in self.values:
            self._refuse(node, f"{node.inputs[index][:80]!r} depends on the picture")
        return self.values[node.inputs[index]]

    def _weights(self, node: OnnxNode, index: int) -> Tensor:
        found = self._operand(node, index)
        if found is None or found.dtype.kind != "f":
            self._refuse(node, "its weights are missing")
        value = torch.tensor(found, dtype=torch.float32)
        if not bool(torch.isfinite(value).all()):
            raise InputError(
                f"{self.graph.file}: the weights of {node} are not finite", remedy="train or fetch it anew"
            )
        return value

    def _refuse(self, node: OnnxNode, reason: str) -> NoReturn:
        raise InputError(f"{self.graph.file}: {node} fits no fast_neural_style network, {reason}", remedy=_REMEDY)


def _picture_shape(graph: OnnxGraph) -> tuple[int, int, int, int]:
    """``(1, 3, H, W)`` as the file says it, or as it may be."""
    shape = graph.input_shape
    if shape and (len(shape) != 4 or shape[1] not in (3, None)):
        raise InputError(f"{graph.file} does not take an RGB picture", remedy=_REMEDY)
    height, width = (side if side and 16 <= side <= 2**16 else _PROBE for side in (shape or (None,) * 4)[2:])
    return 1, 3, height, width


def _text(attributes: Mapping[str, Any], name: str, default: str) -> str:
    value = attributes.get(name, default)
    return value.decode(errors="replace")[:40] if isinstance(value, bytes) else str(value)[:40]


def _repeats(attributes: Mapping[str, Any]) -> bool:
    """Whether a Resize to twice the size gives each pixel twice, by the formulas of the operator."""
    x = np.arange(8)
    places = {
        "asymmetric": x / 2,
        "half_pixel": (x + 0.5) / 2 - 0.5,
        "half_pixel_symmetric": (x + 0.5) / 2 - 0.5,
        "pytorch_half_pixel": (x + 0.5) / 2 - 0.5,
        "tf_half_pixel_for_nn": (x + 0.5) / 2,
    }
    rounded: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
        "floor": np.floor,
        "ceil": np.ceil,
        "round_prefer_floor": lambda place: np.ceil(place - 0.5),
        "round_prefer_ceil": lambda place: np.floor(place + 0.5),
    }
    place = places.get(_text(attributes, "coordinate_transformation_mode", "half_pixel"))
    nearest = rounded.get(_text(attributes, "nearest_mode", "round_prefer_floor"))
    return place is not None and nearest is not None and np.array_equal(np.clip(nearest(place), 0, 3), x // 2)


def _described(size: int, stride: int, doubled: bool, norm: bool, relu: bool) -> str:
    parts = ["doubling, then " if doubled else "", f"a {size}x{size} convolution"]
    parts += [" that halves" if stride == 2 else "", " with instance normalisation" if norm else ""]
    return "".join(parts) + (" and a rectifier" if relu else "")

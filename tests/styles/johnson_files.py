"""``pytorch/examples`` TransformerNet: weights of a small one, its forward pass, and its ONNX files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper

__all__ = ["OPSETS", "johnson_model", "johnson_weights", "published_network", "write_johnson"]

OPSETS = (8, 9, 11, 18)
SIDE = 32
"""Height and width that the files are exported for."""


def johnson_weights(width: int = 4, blocks: int = 2) -> dict[str, torch.Tensor]:
    """Random weights in the layout of ``pytorch/examples``."""
    torch.manual_seed(5)
    wide = 4 * width
    convolutions = {"conv1": (width, 3, 9), "conv2": (2 * width, width, 3), "conv3": (wide, 2 * width, 3)}
    for block in range(1, blocks + 1):
        convolutions |= {f"res{block}.conv{number}": (wide, wide, 3) for number in (1, 2)}
    convolutions |= {"deconv1": (2 * width, wide, 3), "deconv2": (width, 2 * width, 3), "deconv3": (3, width, 9)}
    norms = {"in1": width, "in2": 2 * width, "in3": wide, "in4": 2 * width, "in5": width}
    norms |= {f"res{block}.in{number}": wide for block in range(1, blocks + 1) for number in (1, 2)}
    tensors = {}
    for name, (outputs, inputs, size) in convolutions.items():
        tensors[f"{name}.conv2d.weight"] = torch.randn(outputs, inputs, size, size) / (inputs * size * size) ** 0.5
        tensors[f"{name}.conv2d.bias"] = torch.randn(outputs) * 0.1
    for name, channels in norms.items():
        tensors[f"{name}.weight"] = 1.0 + 0.2 * torch.randn(channels)
        tensors[f"{name}.bias"] = 0.2 * torch.randn(channels)
    # Pictures, not noise about black.
    tensors["deconv3.conv2d.weight"] *= 40.0
    tensors["deconv3.conv2d.bias"] += 128.0
    return tensors


def _blocks(tensors: Mapping[str, Any]) -> range:
    return range(1, 1 + sum(name.endswith("in1.bias") and name.startswith("res") for name in tensors))


def published_network(tensors: Mapping[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """The network, written from its published description: 0..255 in and out."""

    def conv(name: str, value: torch.Tensor, stride: int = 1) -> torch.Tensor:
        weight = tensors[f"{name}.conv2d.weight"]
        value = F.pad(value, (weight.shape[-1] // 2,) * 4, mode="reflect")
        return F.conv2d(value, weight, tensors[f"{name}.conv2d.bias"], stride)

    def norm(name: str, value: torch.Tensor) -> torch.Tensor:
        return F.instance_norm(value, weight=tensors[f"{name}.weight"], bias=tensors[f"{name}.bias"], eps=1e-5)

    def doubled(name: str, value: torch.Tensor) -> torch.Tensor:
        return conv(name, F.interpolate(value, scale_factor=2.0, mode="nearest"))

    y = F.relu(norm("in1", conv("conv1", x)))
    y = F.relu(norm("in2", conv("conv2", y, 2)))
    y = F.relu(norm("in3", conv("conv3", y, 2)))
    for block in _blocks(tensors):
        inner = F.relu(norm(f"res{block}.in1", conv(f"res{block}.conv1", y)))
        y = y + norm(f"res{block}.in2", conv(f"res{block}.conv2", inner))
    y = F.relu(norm("in4", doubled("deconv1", y)))
    y = F.relu(norm("in5", doubled("deconv2", y)))
    return conv("deconv3", y)


def write_johnson(path: Path, tensors: Mapping[str, torch.Tensor], opset: int) -> Path:
    """Write :func:`johnson_model` to ``path``."""
    onnx.save(johnson_model(tensors, opset), path)
    return path


def johnson_model(tensors: Mapping[str, torch.Tensor], opset: int) -> onnx.ModelProto:
    """The network in the dialect of one of :data:`OPSETS`.

    8: everything in attributes, initialisers listed as inputs. 9: PyTorch 1.1, which
    computes the scales from the picture's size. 11: paddings computed from what torch
    was given, weights behind Constant and Identity nodes. 18: paddings by axes, sizes
    computed from the picture's.
    """
    return _Export(tensors, opset).model()


class _Export:
    def __init__(self, tensors: Mapping[str, torch.Tensor], opset: int) -> None:
        self.tensors = tensors
        self.opset = opset
        self.nodes: list[onnx.NodeProto] = []
        self.stored: list[onnx.TensorProto] = []

    def model(self) -> onnx.ModelProto:
        y = self.layer("conv1", "in1", "input1")
        y = self.layer("conv2", "in2", y, stride=2)
        y = self.layer("conv3", "in3", y, stride=2)
        for block in _blocks(self.tensors):
            inner = self.layer(f"res{block}.conv1", f"res{block}.in1", y)
            inner = self.layer(f"res{block}.conv2", f"res{block}.in2", inner, relu=False)
            y = self.node("Add", inner, y)
        y = self.layer("deconv1", "in4", self.doubled(y))
        y = self.layer("deconv2", "in5", self.doubled(y))
        y = self.layer("deconv3", "", y, relu=False)
        self.nodes[-1].output[0] = "output1"
        kind, sizes = TensorProto.FLOAT, [1, 3, SIDE, SIDE]
        picture = helper.make_tensor_value_info("input1", kind, sizes)
        inputs = [picture]
        if self.opset == 8:
            inputs += [helper.make_tensor_value_info(entry.name, kind, list(entry.dims)) for entry in self.stored]
        output = helper.make_tensor_value_info("output1", kind, sizes)
        graph = helper.make_graph(self.nodes, "torch-jit-export", inputs, [output], self.stored)
        identity = helper.make_opsetid("", self.opset)
        return helper.make_model(graph, opset_imports=[identity], ir_version=3 if self.opset == 8 else 8)

    def node(self, op: str, *inputs: str, **attributes: Any) -> str:
        name = f"{op}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [f"{name}_output"], name, **attributes))
        return f"{name}_output"

    def constant(self, value: Any) -> str:
        return self.node("Constant", value=numpy_helper.from_array(np.array(value)))

    def weights(self, name: str) -> str:
        value = numpy_helper.from_array(self.tensors[name].numpy(), name)
        if self.opset == 11 and name.endswith("weight"):
            return self.node("Identity", self.node("Constant", value=value))
        if name not in {entry.name for entry in self.stored}:
            self.stored.append(value)
        return name

    def layer(self, conv: str, norm: str, x: str, *, stride: int = 1, relu: bool = True) -> str:
        size = self.tensors[f"{conv}.conv2d.weight"].shape[-1]
        weights = [self.weights(f"{conv}.conv2d.{leaf}") for leaf in ("weight", "bias")]
        y = self.node("Conv", self.padded(x, size // 2), *weights, kernel_shape=[size, size], strides=[stride, stride])
        if norm:
            affine = [self.weights(f"{norm}.{leaf}") for leaf in ("weight", "bias")]
            y = self.node("InstanceNormalization", y, *affine, epsilon=1e-5)
        return self.node("Relu", y) if relu else y

    def padded(self, x: str, reach: int) -> str:
        if self.opset < 11:
            return self.node("Pad", x, mode="reflect", pads=[0, 0, reach, reach] * 2)
        if self.opset < 18:
            # (left, right, top, bottom), filled up, paired, turned round, and all starts before all ends.
            given = self.constant([reach] * 4)
            count = self.node("Sub", self.constant([8]), self.node("Shape", given))
            zeros = self.node("ConstantOfShape", count, value=numpy_helper.from_array(np.array([0])))
            pairs = self.node("Reshape", self.node("Concat", given, zeros, axis=0), self.constant([-1, 2]))
            bounds = ([-1], [-(2**63) + 1], [0], [-1])
            turned = self.node("Transpose", self.node("Slice", pairs, *map(self.constant, bounds)), perm=[1, 0])
            pads = self.node("Cast", self.node("Reshape", turned, self.constant([-1])), to=TensorProto.INT64)
            return self.node("Pad", x, pads, mode="reflect")
        return self.node("Pad", x, self.constant([reach] * 4), "", self.constant([2, 3]), mode="reflect")

    def doubled(self, x: str) -> str:
        if self.opset == 8:
            return self.node("Upsample", x, mode="nearest", scales=[1.0, 1.0, 2.0, 2.0])
        if self.opset == 9:
            sides = [
                self.node("Floor", self.node("Mul", self.float(self.side(x, axis)), self.constant(np.float32(2))))
                for axis in (2, 3)
            ]
            wanted = self.node("Concat", *(self.node("Unsqueeze", side, axes=[0]) for side in sides), axis=0)
            present = self.node("Slice", self.node("Shape", x), axes=[0], starts=[2], ends=[4])
            factors = self.node("Div", wanted, self.float(present))
            scales = self.node("Concat", self.constant(np.ones(2, np.float32)), factors, axis=0)
            return self.node("Upsample", x, scales, mode="nearest")
        rule = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        if self.opset == 11:
            scales = self.constant(np.array([1, 1, 2, 2], np.float32))
            return self.node("Resize", x, self.constant(np.zeros(0, np.float32)), scales, **rule)
        kept = self.node("Shape", x, start=0, end=2)
        sides = self.node("Mul", self.node("Shape", x, start=2, end=4), self.constant([2]))
        return self.node("Resize", x, "", "", self.node("Concat", kept, sides, axis=0), **rule)

    def side(self, x: str, axis: int) -> str:
        return self.node("Gather", self.node("Shape", x), self.constant(axis), axis=0)

    def float(self, x: str) -> str:
        return self.node("Cast", x, to=TensorProto.FLOAT)

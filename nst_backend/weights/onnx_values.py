"""What an ONNX graph computes without looking at the picture: sizes, paddings, weights by another name.

Exporters leave chains of small operations where a number would do. They are
computed by ONNX's own reference implementation, node by node, and only where
every operand is a handful of numbers.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .onnx_graph import OnnxGraph, OnnxNode, onnx_fault, stored_values

__all__ = ["GraphValues"]

MOST = 64
"""Numbers that an operand, or a result, may have."""
_COMPUTED = {
    "Add", "Cast", "Concat", "ConstantOfShape", "Div", "Floor", "Gather", "Mul", "Reshape", "Slice", "Squeeze", "Sub",
    "Transpose", "Unsqueeze",
}  # fmt: skip


class GraphValues:
    """The values of a graph that are known, by name."""

    def __init__(self, graph: OnnxGraph) -> None:
        self._graph = graph
        self._found: dict[str, NDArray[Any]] = {}
        self._shapes: dict[str, tuple[int, ...]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._found or name in self._graph.tensors

    def __getitem__(self, name: str) -> NDArray[Any]:
        """A known value.

        Raises :class:`InputError` for an initialiser that cannot be trusted.
        """
        if name not in self._found:
            self._found[name] = stored_values(self._graph.tensors[name], self._graph.file)
        return self._found[name]

    def measured(self, name: str, shape: tuple[int, ...]) -> None:
        """Say what shape a feature has, for graphs that compute with it."""
        self._shapes[name] = shape

    def take(self, node: OnnxNode) -> bool:
        """Compute what ``node`` makes, if that does not depend on the picture; whether it was so.

        Raises :class:`InputError` where it cannot be computed, or is too large.
        """
        operands = [name for name in node.inputs if name]
        if len(node.outputs) != 1:
            return False
        if node.op == "Shape" and len(operands) == 1 and (operands[0] in self._shapes or operands[0] in self):
            shape = self._shapes.get(operands[0]) or self[operands[0]].shape
            found = np.array(shape, np.int64)[node.attributes.get("start", 0) : node.attributes.get("end")]
        elif not all(name in self for name in operands):
            return False
        elif node.op == "Identity" and len(operands) == 1:
            found = self[operands[0]]
        elif node.op == "Constant":
            found = self._constant(node)
        elif node.op in _COMPUTED:
            found = self._computed(node)
        else:
            return False
        self._found[node.outputs[0]] = found
        return True

    def _constant(self, node: OnnxNode) -> NDArray[Any]:
        if "value" in node.attributes:
            return stored_values(node.attributes["value"], self._graph.file)
        for name, kind in (("value_float", np.float32), ("value_int", np.int64)):
            for listed in (name, f"{name}s"):
                if listed in node.attributes:
                    return np.array(node.attributes[listed], kind)
        raise onnx_fault(self._graph.file, f"has a constant that is no number, {node}")

    def _computed(self, node: OnnxNode) -> NDArray[Any]:
        file = self._graph.file
        operands = {name: self[name] for name in node.inputs if name}
        large = any(value.size > MOST for value in operands.values())
        if node.op == "ConstantOfShape":
            asked = [int(size) for value in operands.values() for size in value.ravel()]
            large = large or math.prod(asked) > MOST
        if large or len(node.inputs) > MOST:
            raise onnx_fault(file, f"computes with more than {MOST} numbers beside the picture, at {node}")
        from onnx import TensorProto, helper
        from onnx.reference import ReferenceEvaluator

        for value in node.attributes.values():
            # The reference would open the file that a tensor names.
            if isinstance(value, TensorProto):
                stored_values(value, file)

        try:
            step = helper.make_node(node.op, node.inputs, node.outputs, **node.attributes)
            kinds = {name: helper.np_dtype_to_tensor_dtype(value.dtype) for name, value in operands.items()}
            inputs = [helper.make_tensor_value_info(name, kind, None) for name, kind in kinds.items()]
            graph = helper.make_graph([step], "step", inputs, [helper.make_empty_tensor_value_info(node.outputs[0])])
            with np.errstate(all="ignore"):
                (found,) = ReferenceEvaluator(graph, opsets={"": self._graph.opset}).run(None, operands)
        except Exception as error:  # the reference documents no closed set of exceptions
            raise onnx_fault(file, f"has a step that cannot be computed, {node}") from error
        if not isinstance(found, (np.ndarray, np.generic)) or found.dtype.kind not in "iuf" or found.size > MOST:
            raise onnx_fault(file, f"has a step that gives no numbers, {node}")
        return np.asarray(found)

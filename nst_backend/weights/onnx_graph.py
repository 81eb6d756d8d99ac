"""Reading ONNX files that are not trusted: one graph of nodes, and the tensors that lie in the file itself.

Nothing is run and no other file is opened. The package ``onnx`` parses the
protobuf; its own loader, which follows external data, is not used.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import InputError, UsageError

if TYPE_CHECKING:
    import onnx

__all__ = ["OnnxGraph", "OnnxNode", "onnx_fault", "read_onnx_graph", "stored_values"]

MAX_BYTES = 512 * 1024**2
OLDEST_OPSET = 7
_REMEDY = "export the network anew, as one .onnx file with its weights inside"
_DOMAINS = ("", "ai.onnx")


@dataclass(frozen=True)
class OnnxNode:
    """One operation, with its attributes as plain values (tensors as ``TensorProto``)."""

    op: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    def __str__(self) -> str:
        shown = self.name or (self.outputs[0] if self.outputs else "")
        return f"{self.op[:40]} {shown[:80]!r}"


@dataclass(frozen=True)
class OnnxGraph:
    """A graph from one picture to another, its nodes in the order in which they can be run."""

    file: str
    opset: int
    nodes: tuple[OnnxNode, ...]
    tensors: Mapping[str, onnx.TensorProto]
    """The initialisers, still undecoded."""
    input: str
    input_shape: tuple[int | None, ...]
    """Empty where the file does not say; None for an axis of any length."""
    output: str


def onnx_fault(file: str, problem: str) -> InputError:
    """The error for an ONNX file with ``problem``."""
    return InputError(f"{file} {problem}", remedy=_REMEDY)


def read_onnx_graph(path: Path) -> OnnxGraph:
    """The graph of an ONNX file.

    Raises :class:`UsageError` where the package ``onnx`` is missing,
    :class:`InputError` for a file that is missing, too large or no ONNX file, for
    operators beyond ONNX's own, and for a graph that is not one picture to another.
    """
    if not path.is_file():
        raise InputError(f"no ONNX file at {path}", remedy="check the path")
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"{path.name} is larger than {MAX_BYTES >> 20} MiB", remedy="give the file of a style network")
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError as error:
        raise UsageError(
            "reading ONNX files needs the package onnx", remedy="run: python -m pip install 'onnx>=1.17,<2'"
        ) from error
    try:
        model = onnx.ModelProto.FromString(path.read_bytes())
    except DecodeError as error:
        raise onnx_fault(path.name, "is not an ONNX file") from error
    graph = model.graph
    opset = max((entry.version for entry in model.opset_import if entry.domain in _DOMAINS), default=0)
    newest = onnx.defs.onnx_opset_version()
    if not OLDEST_OPSET <= opset <= newest:
        raise InputError(
            f"{path.name} is written in ONNX operator set {opset}",
            remedy=f"export it with one from {OLDEST_OPSET} to {newest}",
        )
    if graph.sparse_initializer or not graph.node:
        raise onnx_fault(path.name, "holds sparse weights" if graph.sparse_initializer else "holds no graph")
    _check_names([entry.name for entry in (*graph.initializer, *graph.input, *graph.output)], path.name)
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    # Files of the first format list their initialisers as inputs too.
    inputs = [entry for entry in graph.input if entry.name not in tensors]
    if len(inputs) != 1 or len(graph.output) != 1:
        raise onnx_fault(
            path.name, f"has {len(inputs)} inputs and {len(graph.output)} outputs, expected a picture each"
        )
    nodes = tuple(_node(node, opset, path.name) for node in graph.node)
    _check_order(nodes, {*tensors, inputs[0].name}, path.name)
    return OnnxGraph(
        file=path.name,
        opset=opset,
        nodes=nodes,
        tensors=tensors,
        input=inputs[0].name,
        input_shape=tuple(
            axis.dim_value if axis.HasField("dim_value") else None for axis in inputs[0].type.tensor_type.shape.dim
        ),
        output=graph.output[0].name,
    )


def _node(node: onnx.NodeProto, opset: int, file: str) -> OnnxNode:
    """A node with the attributes that its operator has, each of the type that it has there."""
    from onnx import defs, helper

    attributed = [entry.name for entry in node.attribute]
    _check_names((node.op_type, node.name, node.domain, *node.input, *node.output, *attributed), file)
    found = OnnxNode(node.op_type, node.name, tuple(node.input), tuple(node.output), {})
    try:
        known = defs.get_schema(node.op_type, opset, "").attributes if node.domain in _DOMAINS else None
    except defs.SchemaError:
        known = None
    if known is None:
        raise onnx_fault(file, f"has an operator that is not ONNX's own, {found} of {node.domain[:40]!r}")
    attributes = {}
    for entry in node.attribute:
        if entry.name in known:
            kind: Any = known[entry.name].type
            if entry.type != kind.value:
                raise onnx_fault(file, f"has the attribute {entry.name} of another type at {found}")
            attributes[entry.name] = helper.get_attribute_value(entry)
    return replace(found, attributes=attributes)


def _check_names(names: Iterable[object], file: str) -> None:
    """The parser gives bytes where a name is no UTF-8."""
    if not all(isinstance(name, str) for name in names):
        raise onnx_fault(file, "holds a name that is no text")


def _check_order(nodes: tuple[OnnxNode, ...], known: set[str], file: str) -> None:
    """Every value is made once, before it is used; so nothing that follows the nodes can go in circles."""
    for node in nodes:
        for name in node.inputs:
            if name and name not in known:
                raise onnx_fault(file, f"is damaged: {name[:80]!r} is used by {node} before it is made")
        for name in node.outputs:
            if name and name in known:
                raise onnx_fault(file, f"is damaged: {name[:80]!r} is made twice, again by {node}")
        known.update(node.outputs)


def stored_values(tensor: onnx.TensorProto, file: str) -> NDArray[Any]:
    """The numbers of a tensor that lies in the file, in its own type and shape.

    Raises :class:`InputError` for one that is kept in another file, or whose shape
    is not that of the numbers that are there.
    """
    from onnx import numpy_helper

    shown = tensor.name[:80]
    if tensor.data_location == tensor.EXTERNAL or tensor.external_data:
        raise onnx_fault(file, f"keeps {shown!r} in another file")
    if tensor.HasField("segment"):
        raise onnx_fault(file, f"holds only a part of {shown!r}")
    kinds: dict[int, tuple[type[np.generic], Sequence[float]]] = {
        tensor.FLOAT: (np.float32, tensor.float_data),
        tensor.FLOAT16: (np.float16, tensor.int32_data),
        tensor.DOUBLE: (np.float64, tensor.double_data),
        tensor.INT32: (np.int32, tensor.int32_data),
        tensor.INT64: (np.int64, tensor.int64_data),
    }
    if tensor.data_type not in kinds:
        raise onnx_fault(file, f"holds {shown!r} as numbers of type {tensor.data_type}")
    kind, listed = kinds[tensor.data_type]
    shape = tuple(tensor.dims)
    count = len(tensor.raw_data) / np.dtype(kind).itemsize if tensor.HasField("raw_data") else len(listed)
    # Python's integers do not overflow, however large the sizes that the file names.
    if min(shape, default=1) < 0 or math.prod(shape) != count:
        raise onnx_fault(file, f"holds {shown!r} with {count:g} numbers for the shape {shape[:6]}")
    try:
        return numpy_helper.to_array(tensor)
    except (ValueError, TypeError, OverflowError) as error:
        raise onnx_fault(file, f"holds {shown!r} in a form that cannot be read") from error

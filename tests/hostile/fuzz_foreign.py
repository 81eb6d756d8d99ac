"""ONNX files of style networks: sound ones, damage to their bytes and to their graphs, and the code that reads them."""

from __future__ import annotations

import random
from pathlib import Path

import onnx
import torch
from fuzz_mutations import damaged_bytes
from johnson_files import OPSETS, johnson_model, johnson_weights
from onnx import TensorProto, helper

from nst_backend.styles.foreign import read_fast_neural_style

__all__ = ["make_exports", "prepare_export", "read_damaged_export"]

_OPS = (
    "Pad", "Conv", "InstanceNormalization", "Relu", "Add", "Resize", "Upsample", "Identity", "Shape", "Reshape", "If",
    "ConstantOfShape", "Slice", "Concat", "Gather", "Cast", "Loop", "Scan", "Expand", "", "x" * 9000,
)  # fmt: skip
_SIZES = (-(2**63), -1, 0, 1, 3, 65, 2**31, 2**40, 2**62, 2**63 - 1)


def make_exports(seeds: Path) -> None:
    """Write a small network in every dialect."""
    tensors = johnson_weights(width=2, blocks=1)
    for opset in OPSETS:
        onnx.save(johnson_model(tensors, opset), seeds / f"johnson{opset}.onnx")


def prepare_export(seeds: Path, folder: Path, rng: random.Random) -> None:
    """Damage the bytes, or some nodes, tensors and names of the graph."""
    data = (seeds / f"johnson{rng.choice(OPSETS)}.onnx").read_bytes()
    if rng.random() < 0.3:
        data = damaged_bytes(data, rng, head=len(data))
    else:
        model = onnx.ModelProto.FromString(data)
        for _ in range(rng.choice((1, 1, 2, 4))):
            _damage(model, rng)
        data = model.SerializePartialToString()
    (folder / "case.onnx").write_bytes(data)


def read_damaged_export(folder: Path) -> None:
    """Read it and, where that works, paint with it."""
    network = read_fast_neural_style(folder / "case.onnx", stable=True)
    with torch.no_grad():
        assert network(torch.rand(1, 3, 16, 16), torch.ones(1, 1)).shape == (1, 3, 16, 16)


def _damage(model: onnx.ModelProto, rng: random.Random) -> None:
    graph = model.graph
    node = rng.choice(graph.node) if graph.node else graph.node.add()
    names = [name for other in graph.node for name in (*other.input, *other.output)] or [""]
    kind = rng.randrange(10)
    if kind == 0:
        node.op_type = rng.choice(_OPS)
    elif kind == 1 and node.input:
        node.input[rng.randrange(len(node.input))] = rng.choice([*names, "", "nothing"])
    elif kind == 2:
        node.output[:] = [rng.choice([*names, "", "new"]) for _ in range(rng.randrange(3))]
    elif kind == 3:
        graph.node.remove(node)
    elif kind == 4:
        place = rng.randrange(len(graph.node) + 1)
        moved = [*graph.node[:place], node, *graph.node[place:]]
        copies = [onnx.NodeProto.FromString(other.SerializeToString()) for other in moved]
        del graph.node[:]
        graph.node.extend(copies)
    elif kind == 5:
        _damage_tensor(rng.choice(_tensors(graph)), rng)
    elif kind == 6 and node.attribute:
        _damage_attribute(rng.choice(node.attribute), rng)
    elif kind == 7:
        node.attribute.append(helper.make_attribute(rng.choice(("axes", "scales", "perm", "to")), rng.choice(_SIZES)))
    elif kind == 8:
        for axis in graph.input[0].type.tensor_type.shape.dim if graph.input else ():
            axis.dim_value = rng.choice(_SIZES)
    else:
        model.opset_import[0].version = rng.choice((*_SIZES, *range(6, 26)))


def _tensors(graph: onnx.GraphProto) -> list[TensorProto]:
    held = [entry.t for node in graph.node for entry in node.attribute if entry.type == entry.TENSOR]
    return [*graph.initializer, *held, *([] if graph.initializer or held else [graph.initializer.add()])]


def _damage_tensor(tensor: TensorProto, rng: random.Random) -> None:
    kind = rng.randrange(6)
    if kind == 0:
        tensor.dims[:] = [rng.choice((*_SIZES, *tensor.dims)) for _ in range(rng.randrange(6))]
    elif kind == 1:
        tensor.data_type = rng.randrange(30)
    elif kind == 2:
        tensor.raw_data = tensor.raw_data[: rng.randrange(len(tensor.raw_data) + 1)]
    elif kind == 3:
        tensor.raw_data = rng.randbytes(len(tensor.raw_data))
    elif kind == 4:
        tensor.ClearField("raw_data")
        tensor.data_location = tensor.EXTERNAL
        tensor.external_data.add(key="location", value=rng.choice(("/dev/zero", "../../escape", "case.onnx")))
    else:
        tensor.segment.begin, tensor.segment.end = 0, rng.choice(_SIZES)


def _damage_attribute(entry: onnx.AttributeProto, rng: random.Random) -> None:
    kind = rng.randrange(4)
    if kind == 0:
        entry.ints[:] = [rng.choice((*_SIZES, *entry.ints)) for _ in range(rng.randrange(9))]
    elif kind == 1:
        entry.type = rng.randrange(15)
    elif kind == 2:
        entry.f = rng.choice((0.0, -1.0, float("nan"), float("inf"), 1e-30))
        entry.i = rng.choice(_SIZES)
    else:
        entry.s = rng.choice((b"reflect", b"\xff\xfe", b"", b"x" * 9000))

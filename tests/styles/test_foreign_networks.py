"""Networks trained elsewhere: state dicts and ONNX exports give the same picture, anything else one sentence."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
import torch.nn.functional as F
from johnson_files import OPSETS, johnson_model, johnson_weights, published_network, write_johnson
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator
from safetensors.torch import save_file

from nst_backend.contract.errors import InputError, UsageError
from nst_backend.styles.foreign import import_fast_neural_style, read_fast_neural_style
from nst_backend.styles.library import StyleLibrary
from nst_backend.weights.checkpoint import load_tensors

PUBLISHED = ("candy", "mosaic", "pointilism", "rain_princess", "udnie")


def picture(height: int = 32, width: int = 32) -> torch.Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(3))


def painted(path: Path, x: torch.Tensor, *, stable: bool = False) -> torch.Tensor:
    """The picture of the imported network, in 0..1."""
    with torch.no_grad():
        return read_fast_neural_style(path, stable=stable)(x, torch.ones(1, 1))


def expected(tensors: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return published_network(tensors, x * 255.0) / 255.0


def close(found: torch.Tensor, wanted: torch.Tensor) -> None:
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=0)


# ---- state dicts


def test_a_published_checkpoint_is_imported_exactly(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "weights" / "fast_neural_style_udnie.safetensors"
    x = picture(64, 96)
    imported = import_fast_neural_style(source, tmp_path, name="udnie_published")
    network = StyleLibrary([tmp_path]).find(imported.name.removesuffix(".style.json")).load()
    with torch.no_grad():
        close(network(x, torch.ones(1, 1)), expected(load_tensors(source), x))


@pytest.mark.parametrize("width", [3, 8])
@pytest.mark.parametrize("blocks", [0, 3])
def test_widths_and_depths_of_forks_are_read_off(tmp_path: Path, width: int, blocks: int) -> None:
    tensors = johnson_weights(width, blocks)
    save_file(tensors, tmp_path / "fork.safetensors")
    close(painted(tmp_path / "fork.safetensors", picture()), expected(tensors, picture()))


def test_wrappers_and_old_statistics_are_taken_off(tmp_path: Path) -> None:
    tensors = johnson_weights()
    old = {f"{name}.{kind}": torch.rand(4) for name in ("in1", "res1.in2") for kind in ("running_mean", "running_var")}
    counters = {"in1.num_batches_tracked": torch.tensor(7)}
    wrapped = {f"module.{name}": value for name, value in {**tensors, **old, **counters}.items()}
    torch.save({"epoch": 2, "state_dict": wrapped, "optimizer": {}}, tmp_path / "run.pth")
    close(painted(tmp_path / "run.pth", picture()), expected(tensors, picture()))


def test_a_network_that_takes_imagenets_normalised_pictures_is_adapted(tmp_path: Path) -> None:
    tensors = johnson_weights()
    tensors["deconv3.conv2d.weight"] /= 40.0
    names = {"deconv1.conv2d": "up1.conv2d.conv2d", "deconv2.conv2d": "up2.conv2d.conv2d", "deconv3": "up3"}
    fork = {}
    for name, value in tensors.items():
        for theirs, other in names.items():
            name = name.replace(theirs, other) if name.startswith(theirs) else name
        fork[name] = value
    torch.save({"commit_hash": "0", "content_weight": 1.0, "state_dict": fork}, tmp_path / "fork.pth")
    mean, deviation = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])[:, None, :, None, None]
    x = picture()
    wanted = published_network(tensors, (x - mean) / deviation) * deviation + mean
    torch.testing.assert_close(painted(tmp_path / "fork.pth", x), wanted, atol=1e-4, rtol=1e-5)


def test_the_retrofit_is_less_sensitive_to_shifts(shared_data: Path) -> None:
    """A shifted picture gives a shifted painting, more nearly than as published."""
    source = shared_data / "weights" / "fast_neural_style_mosaic.safetensors"
    x = F.avg_pool2d(torch.rand(1, 3, 161, 161, generator=torch.Generator().manual_seed(4)), 5, 1, 2)
    errors = []
    for stable in (False, True):
        first = painted(source, x[..., :160, :160], stable=stable)
        moved = painted(source, x[..., 1:161, :160], stable=stable)
        errors.append(float((first[..., 41:120, 40:120] - moved[..., 40:119, 40:120]).square().mean().sqrt()))
    assert errors[1] < 0.8 * errors[0]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("features.0.weight", torch.zeros(3), r"features\.0\.weight belongs to no"),
        ("res1.conv1.weight", torch.zeros(3), r"res1\.conv1\.weight belongs to no"),
        ("res1.in1.conv2d.weight", torch.zeros(3), r"res1\.in1\.conv2d\.weight belongs to no"),
        ("conv3.conv2d.weight", torch.zeros(16, 9, 3, 3), r"conv3\.conv2d\.weight has shape \(16, 9, 3, 3\), expected"),
        ("res2.in2.bias", None, r"res2\.in2\.bias is missing"),
        ("res40.in2.bias", torch.zeros(16), "blocks must be"),
        ("conv1.conv2d.weight", torch.zeros(4), "is not a fast_neural_style network"),
    ],
)
def test_a_state_dict_of_something_else_is_refused(
    tmp_path: Path, name: str, value: torch.Tensor | None, sentence: str
) -> None:
    tensors = johnson_weights()
    if value is None:
        del tensors[name]
    else:
        tensors[name] = value
    save_file(tensors, tmp_path / "other.safetensors")
    with pytest.raises(InputError, match=sentence):
        read_fast_neural_style(tmp_path / "other.safetensors")


# ---- ONNX


@pytest.mark.parametrize("opset", OPSETS)
def test_an_export_paints_what_its_network_does(tmp_path: Path, opset: int) -> None:
    tensors = johnson_weights()
    path = write_johnson(tmp_path / "candy.onnx", tensors, opset)
    onnx.checker.check_model(str(path), full_check=True)
    x = picture()
    close(painted(path, x), expected(tensors, x))
    if opset > 8:
        # Not only our reading of the operators: their own reference agrees on what the file means.
        (reference,) = ReferenceEvaluator(str(path)).run(None, {"input1": x.numpy() * np.float32(255)})
        close(painted(path, x), torch.from_numpy(reference) / 255.0)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_network_survives_its_export(shared_data: Path, tmp_path: Path, name: str) -> None:
    source = shared_data / "weights" / f"fast_neural_style_{name}.safetensors"
    path = write_johnson(tmp_path / f"{name}.onnx", load_tensors(source), 9)
    x = picture(48, 64)
    assert torch.equal(painted(path, x), painted(source, x))


def test_an_export_is_imported_as_a_style(tmp_path: Path) -> None:
    tensors = johnson_weights()
    path = write_johnson(tmp_path / "candy.onnx", tensors, 11)
    import_fast_neural_style(path, tmp_path / "styles", name="candy", stable=True)
    style = StyleLibrary([tmp_path / "styles"]).find("candy")
    assert style.card.extra["imported"] == "candy.onnx"
    assert style.card.config.antialias
    with torch.no_grad():
        found = style.load()(picture(), torch.ones(1, 1))
    assert torch.equal(found, painted(path, picture(), stable=True))


def test_half_precision_is_read(tmp_path: Path) -> None:
    tensors = {name: value.half().float() for name, value in johnson_weights().items()}
    model = johnson_model(tensors, 9)
    for entry in model.graph.initializer:
        entry.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(entry).astype(np.float16), entry.name))
    onnx.save(model, tmp_path / "half.onnx")
    close(painted(tmp_path / "half.onnx", picture()), expected(tensors, picture()))


def _first(model: onnx.ModelProto, op: str, index: int = 0) -> onnx.NodeProto:
    return [node for node in model.graph.node if node.op_type == op][index]


def _attribute(node: onnx.NodeProto, name: str) -> onnx.AttributeProto:
    return next(entry for entry in node.attribute if entry.name == name)


def _external(model: onnx.ModelProto) -> None:
    entry = model.graph.initializer[0]
    entry.ClearField("raw_data")
    entry.data_location = entry.EXTERNAL
    entry.external_data.add(key="location", value="../../secret.bin")


def _external_fill(model: onnx.ModelProto) -> None:
    entry = _attribute(_first(model, "ConstantOfShape"), "value").t
    entry.ClearField("raw_data")
    entry.data_location = entry.EXTERNAL
    entry.external_data.add(key="location", value="secret.bin")


def _dims(*dims: int) -> Callable[[onnx.ModelProto], None]:
    def change(model: onnx.ModelProto) -> None:
        entry = model.graph.initializer[0]
        del entry.dims[:]
        entry.dims.extend(dims)

    return change


def _not_a_number(model: onnx.ModelProto) -> None:
    entry = model.graph.initializer[0]
    values = numpy_helper.to_array(entry).copy()
    values.flat[5] = np.nan
    entry.CopyFrom(numpy_helper.from_array(values, entry.name))


def _op(op: str, index: int, to: str) -> Callable[[onnx.ModelProto], None]:
    def change(model: onnx.ModelProto) -> None:
        _first(model, op, index).op_type = to

    return change


def _huge_fill(model: onnx.ModelProto) -> None:
    entry = next(node for node in model.graph.node if node.op_type == "Constant" and node.attribute[0].t.dims == [1])
    entry.attribute[0].t.CopyFrom(numpy_helper.from_array(np.array([2**40])))


def _bridged(model: onnx.ModelProto) -> None:
    _first(model, "Add", 1).input[1] = _first(model, "Add", 0).input[0]


def _set(op: str, name: str, value: object) -> Callable[[onnx.ModelProto], None]:
    def change(model: onnx.ModelProto) -> None:
        node = _first(model, op)
        kept = [entry for entry in node.attribute if entry.name != name]
        del node.attribute[:]
        node.attribute.extend([*kept, onnx.helper.make_attribute(name, value)])

    return change


def _further_output(model: onnx.ModelProto) -> None:
    model.graph.output.append(model.graph.output[0])


def _foreign_operator(model: onnx.ModelProto) -> None:
    _first(model, "Relu").domain = "com.microsoft"


def _loop(model: onnx.ModelProto) -> None:
    _first(model, "Conv").input[0] = model.graph.output[0].name


def _trailing(model: onnx.ModelProto) -> None:
    model.graph.node.append(onnx.helper.make_node("Sigmoid", ["output1"], ["x"], "last"))


@pytest.mark.parametrize(
    ("opset", "change", "sentence"),
    [
        (9, _external, "in another file"),
        (11, _external_fill, "in another file"),
        (9, _dims(2**40, 2**40), "numbers for the shape"),
        (9, _dims(-1, 3, 9, 9), "numbers for the shape"),
        (9, _dims(3, 4, 9, 9), r"'Conv_1' fits no .* takes 4 channels where there are 3"),
        (9, _not_a_number, "not finite"),
        (11, _huge_fill, "more than 64 numbers"),
        (9, _op("Relu", 2, "Sigmoid"), "Sigmoid 'Relu_11' fits no .* expected Relu"),
        (9, _op("InstanceNormalization", 0, "BatchNormalization"), "BatchNorm.* expected InstanceNorm"),
        (9, _op("Add", 0, "Mul"), "Mul 'Add_19' fits no .* expected Add"),
        (9, _bridged, "Add 'Add_27' fits no .* a residual block and its input"),
        (9, _set("Pad", "mode", "edge"), "Pad 'Pad_0' fits no .* by 'edge'"),
        (9, _set("Pad", "pads", [0, 0, 4, 4, 0, 0, 4, 3]), "all four sides alike"),
        (9, _set("Conv", "strides", 2), "the attribute strides of another type at Conv 'Conv_1'"),
        (11, _set("Constant", "value", [2, 3]), "the attribute value of another type"),
        (9, _op("Relu", 0, "Rectifier"), "not ONNX's own, Rectifier 'Relu_3'"),
        (9, _set("Conv", "group", 3), "Conv 'Conv_1' fits no"),
        (9, _set("Conv", "strides", [2, 2]), r"Conv 'Conv_1' fits no .* expected a 9x9 .* found a 9x9 .* that halves"),
        (9, _set("InstanceNormalization", "epsilon", 1e-3), "its epsilon is 1e-05, that of the others 0.001"),
        (8, _set("Upsample", "scales", [1.0, 1.0, 3.0, 3.0]), "does not double"),
        (8, _set("Upsample", "mode", "linear"), "enlarges by 'linear'"),
        (11, _set("Resize", "coordinate_transformation_mode", "half_pixel"), "nearest pixel"),
        (9, _further_output, "1 inputs and 2 outputs"),
        (9, _foreign_operator, "com.microsoft"),
        (9, _loop, "before it is made"),
        (9, _trailing, "Sigmoid 'last' fits no"),
        (9, lambda model: model.graph.node.pop(), "ends where Conv is expected"),
        (9, lambda model: model.graph.ClearField("node"), "holds no graph"),
        (9, lambda model: setattr(model.opset_import[0], "version", 10**9), "operator set 1000000000"),
    ],
)  # fmt: skip
def test_an_export_of_something_else_is_refused(
    tmp_path: Path, opset: int, change: Callable[[onnx.ModelProto], None], sentence: str
) -> None:
    (tmp_path / "secret.bin").write_bytes(bytes(8))
    model = johnson_model(johnson_weights(), opset)
    change(model)
    (tmp_path / "case.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(InputError, match=sentence) as caught:
        read_fast_neural_style(tmp_path / "case.onnx")
    assert caught.value.remedy
    assert "\n" not in caught.value.sentence()


@pytest.mark.parametrize("content", [b"", b"\xff" * 40, b"not a network"], ids=["empty", "noise", "text"])
def test_what_is_no_onnx_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "case.onnx").write_bytes(content)
    with pytest.raises(InputError, match="ONNX"):
        read_fast_neural_style(tmp_path / "case.onnx")


def test_a_truncated_export_is_refused(tmp_path: Path) -> None:
    data = johnson_model(johnson_weights(), 9).SerializeToString()
    for part in (0.1, 0.5, 0.9, 0.999):
        (tmp_path / "case.onnx").write_bytes(data[: int(len(data) * part)])
        with pytest.raises(InputError):
            read_fast_neural_style(tmp_path / "case.onnx")


def test_without_the_package_the_sentence_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_johnson(tmp_path / "candy.onnx", johnson_weights(), 9)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(UsageError, match="pip install") as caught:
        read_fast_neural_style(path)
    assert "onnx" in caught.value.problem

"""YOLACT's network has the published checkpoints' layout, and takes nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from nst_backend.contract.errors import InputError
from nst_backend.contract.messages import SilentReporter
from nst_backend.segmentation.architectures.yolact import ARCHITECTURE
from nst_backend.segmentation.coco_classes import COCO_LABELS
from nst_backend.segmentation.registry import open_segmenter
from nst_backend.segmentation.yolact_network import YolactOptions, build_yolact
from nst_backend.weights.strict import shapes_of

Shapes = dict[str, tuple[int, ...]]
BLOCKS = {"resnet50": (3, 4, 6, 3), "resnet101": (3, 4, 23, 3)}


def convolution(name: str, after: int, before: int, side: int) -> Shapes:
    return {f"{name}.weight": (after, before, side, side), f"{name}.bias": (after,)}


def normalisation(name: str, channels: int) -> Shapes:
    return {f"{name}.{entry}": (channels,) for entry in ("weight", "bias", "running_mean", "running_var")}


def published_shapes(blocks: tuple[int, ...]) -> Shapes:
    """``Yolact().state_dict()`` of dbolya/yolact with ``yolact_base_config``, by the rules of its constructors.

    backbone.py: bottlenecks of planes 64 to 512, four times as many out. config.py: 81 classes, 3 aspect ratios,
    1 scale a level, 32 prototypes, FPN of 256 with 2 further levels.
    """
    shapes = {"backbone.conv1.weight": (64, 3, 7, 7), **normalisation("backbone.bn1", 64)}
    before = 64
    for stage, count in enumerate(blocks):
        planes = 64 << stage
        for block in range(count):
            name = f"backbone.layers.{stage}.{block}"
            for index, (out, into, side) in enumerate(
                ((planes, before, 1), (planes, planes, 3), (4 * planes, planes, 1)), 1
            ):
                shapes[f"{name}.conv{index}.weight"] = (out, into, side, side)
                shapes |= normalisation(f"{name}.bn{index}", out)
            if block == 0:
                shapes[f"{name}.downsample.0.weight"] = (4 * planes, before, 1, 1)
                shapes |= normalisation(f"{name}.downsample.1", 4 * planes)
            before = 4 * planes
    for index, channels in enumerate((2048, 1024, 512)):
        shapes |= convolution(f"fpn.lat_layers.{index}", 256, channels, 1)
        shapes |= convolution(f"fpn.pred_layers.{index}", 256, 256, 3)
    for index in range(2):
        shapes |= convolution(f"fpn.downsample_layers.{index}", 256, 256, 3)
    # ReLUs and the bilinear doubling stand between: indices 1, 3, 5, 6, 7 and 9.
    for index in (0, 2, 4, 8):
        shapes |= convolution(f"proto_net.{index}", 256, 256, 3)
    shapes |= convolution("proto_net.10", 32, 256, 1)
    head = "prediction_layers.0"
    shapes |= convolution(f"{head}.upfeature.0", 256, 256, 3)
    shapes |= convolution(f"{head}.bbox_layer", 3 * 4, 256, 3)
    shapes |= convolution(f"{head}.conf_layer", 3 * 81, 256, 3)
    shapes |= convolution(f"{head}.mask_layer", 3 * 32, 256, 3)
    shapes |= convolution("semantic_seg_conv", 80, 256, 1)
    return shapes


@pytest.mark.parametrize("backbone", ["resnet50", "resnet101"])
def test_names_and_shapes_are_the_published_ones(backbone: str) -> None:
    with torch.device("meta"):
        network = build_yolact(YolactOptions(backbone=backbone), 80)  # type: ignore[arg-type]
    expected = published_shapes(BLOCKS[backbone])
    assert shapes_of(network) == expected
    blocks = sum(BLOCKS[backbone])
    # Five entries for each of three layers a block, and for each of four shortcuts and the first layer.
    assert len(expected) == 5 * (3 * blocks + 5) + 2 * (3 + 3 + 2 + 5 + 4 + 1)


def test_labels_are_those_that_the_authors_number() -> None:
    assert len(COCO_LABELS) == 80
    assert (COCO_LABELS[0], COCO_LABELS[11], COCO_LABELS[56], COCO_LABELS[79]) == (
        "person", "stop sign", "chair", "toothbrush",
    )  # fmt: skip
    assert {network.labels for network in ARCHITECTURE.published.values()} == {COCO_LABELS}


@pytest.fixture(scope="module")
def checkpoint() -> dict[str, Tensor]:
    """A random checkpoint in the published layout, with what the published files hold beside the network."""
    generator = torch.Generator().manual_seed(3)
    tensors = {
        name: torch.rand(shape, generator=generator) * 0.02
        for name, shape in published_shapes(BLOCKS["resnet50"]).items()
    }
    tensors |= {
        f"fpn.downsample_layers.2.{kind}": tensors[f"fpn.downsample_layers.1.{kind}"] for kind in ("weight", "bias")
    }
    return tensors | {"backbone.bn1.num_batches_tracked": torch.tensor(800_000)}


def opened(folder: Path, tensors: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setenv("BRUSHPASS_WEIGHTS", str(folder))
    torch.save(tensors, folder / "yolact_resnet50_54_800000.pth")
    return open_segmenter("yolact_resnet50", base=folder, device="cpu", half=False, reporter=SilentReporter())


def test_a_published_file_is_taken_whole(
    tmp_path: Path, checkpoint: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    segmenter = opened(tmp_path, checkpoint, monkeypatch)
    assert segmenter.classes == COCO_LABELS  # type: ignore[attr-defined]
    held = segmenter._network.state_dict()  # type: ignore[attr-defined]
    for name in ("backbone.layers.3.2.bn3.running_var", "proto_net.10.weight", "prediction_layers.0.mask_layer.bias"):
        torch.testing.assert_close(held[name], checkpoint[name])


@pytest.mark.parametrize("entry", ["backbone.layers.2.5.conv2.weight", "proto_net.8.bias", "semantic_seg_conv.weight"])
def test_a_missing_renamed_or_misshapen_entry_is_refused(
    tmp_path: Path, checkpoint: dict[str, Tensor], entry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = {name: value for name, value in checkpoint.items() if name != entry}
    with pytest.raises(InputError, match=rf"does not fit the network 'yolact_resnet50': {entry} is missing"):
        opened(tmp_path, rest, monkeypatch)
    with pytest.raises(InputError, match=rf"{entry} is missing"):
        opened(tmp_path, rest | {entry + "_": checkpoint[entry]}, monkeypatch)
    with pytest.raises(InputError, match=rf"{entry} has shape .* expected"):
        opened(tmp_path, rest | {entry: checkpoint[entry][1:]}, monkeypatch)
    with pytest.raises(InputError, match=r"holds more\.weight, which the network 'yolact_resnet50' has no layer for"):
        opened(tmp_path, checkpoint | {"more.weight": torch.zeros(1)}, monkeypatch)


def test_without_the_file_a_person_is_told_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.delenv("BRUSHPASS_WEIGHTS", raising=False)
    with pytest.raises(
        InputError, match=r"fetch yolact_base_54_800000\.pth from https://drive\.google\.com/file/d/1UYy"
    ):
        open_segmenter("yolact", base=tmp_path, device="cpu", half=False, reporter=SilentReporter())

"""Segmenters by name and by card; a new one is one new file."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from nst_backend.contract.errors import InputError, UsageError
from nst_backend.contract.messages import SilentReporter
from nst_backend.segmentation import architectures as package
from nst_backend.segmentation.card import SegmenterCard, read_segmenter_card, segmenter_cards, write_segmenter_card
from nst_backend.segmentation.detection import Segmenter
from nst_backend.segmentation.mask_rcnn_network import MaskRCNNOptions, build_mask_rcnn
from nst_backend.segmentation.registry import architectures, known_segmenters, open_segmenter, segmenter_identity
from nst_backend.weights.files import file_sha256

OPTIONS = {"network": "small", "width": 8, "short_side": 64, "long_side": 96}
PLATE = np.full((48, 64, 3), 0.5, np.float32)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small untrained network for two labels."""
    torch.manual_seed(0)
    network = build_mask_rcnn(MaskRCNNOptions(**OPTIONS), 2)  # type: ignore[arg-type]
    path = tmp_path_factory.mktemp("weights") / "net.safetensors"
    save_file(network.state_dict(), path)
    return path


@pytest.fixture
def card(tmp_path: Path, weights: Path) -> Path:
    """A card with its weights beside it."""
    shutil.copy(weights, tmp_path)
    path = tmp_path / "props.segmenter.json"
    write_segmenter_card(
        SegmenterCard(
            name="props",
            architecture="mask_rcnn",
            options=OPTIONS,
            classes=("ball", "hat"),
            weights="net.safetensors",
            sha256=file_sha256(tmp_path / "net.safetensors"),
            licence="CC0",
            training={"pictures": 12},
        ),
        path,
    )
    return path


def opened(name: str, base: Path) -> Segmenter:
    return open_segmenter(name, base=base, device="cpu", half=True, reporter=SilentReporter())


def changed(path: Path, **values: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_a_card_opens_by_its_path_and_by_its_name(card: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_path = opened("props.segmenter.json", tmp_path)
    assert by_path.classes == ("ball", "hat")
    assert by_path.instances
    monkeypatch.setenv("BRUSHPASS_SEGMENTERS", str(tmp_path))
    by_name = opened("props", tmp_path / "elsewhere")
    assert len(by_path.detect([PLATE])[0]) == len(by_name.detect([PLATE])[0]) > 0
    assert "props" in known_segmenters()
    assert read_segmenter_card(card).training == {"pictures": 12}


def test_unknown_names_are_told_the_nearest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRUSHPASS_SEGMENTERS", str(tmp_path))
    with pytest.raises(UsageError, match="no network that finds objects is named 'mask_rnn': did you mean 'mask_rcnn'"):
        opened("mask_rnn", tmp_path)
    with pytest.raises(InputError, match="no segmenter card at"):
        opened("gone.segmenter.json", tmp_path)


def test_the_first_card_of_a_name_counts_and_broken_ones_are_left_out(card: Path, tmp_path: Path) -> None:
    (tmp_path / "a_broken.segmenter.json").write_text("{")
    other = tmp_path / "other"
    other.mkdir()
    (other / card.name).write_bytes(card.read_bytes())
    assert segmenter_cards([tmp_path, other, tmp_path / "none"]) == {"props": card}


def test_weights_that_are_gone_changed_or_of_other_shapes_are_refused(card: Path, tmp_path: Path) -> None:
    changed(card, classes=["ball"])
    with pytest.raises(InputError, match=r"box_predictor.cls_score.weight has shape \(3, 192\), expected \(2, 192\)"):
        opened(card.name, tmp_path)
    changed(card, sha256="0" * 64)
    with pytest.raises(InputError, match="are not those its card names"):
        opened(card.name, tmp_path)
    (tmp_path / "net.safetensors").unlink()
    with pytest.raises(InputError, match="lacks its weights"):
        opened(card.name, tmp_path)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"architecture": "mask_rnn"}, "unknown architecture 'mask_rnn'.*did you mean 'mask_rcnn'"),
        ({"options": {"widht": 8}}, "unknown key options.widht.*did you mean 'width'"),
        ({"options": {"width": 4096}}, "options.width is 4096"),
        ({"options": {"width": 12}}, "not a multiple of 8"),
        ({"options": {"network": "resnet9000"}}, "options.network is 'resnet9000'"),
        ({"options": "small"}, "options is 'small'"),
        ({"weights": "../net.safetensors"}, "leaves the card's folder"),
        ({"weights": "https://a.invalid/net.pth"}, "leaves the card's folder"),
        ({"weights": "C:net"}, "leaves the card's folder"),
        ({"classes": []}, "classes must be 1 to"),
        ({"classes": ["a", "a"]}, "names a label twice"),
        ({"classes": ["a", " "]}, "none of them empty"),
        ({"classes": [1]}, "classes.0. is 1"),
        ({"format": 2}, "format 2"),
        ({"name": None}, "name is None"),
    ],
)
def test_cards_that_say_what_they_must_not_are_refused(
    card: Path, tmp_path: Path, values: dict[str, object], sentence: str
) -> None:
    changed(card, **values)
    with pytest.raises(UsageError, match=sentence) as caught:
        opened(card.name, tmp_path)
    assert card.name in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff\xfe", b"[" * 100_000, b" " * (1 << 20) + b"{}"])
def test_files_that_are_no_cards_are_refused(card: Path, data: bytes) -> None:
    card.write_bytes(data)
    with pytest.raises((InputError, UsageError)):
        read_segmenter_card(card)


def test_a_card_comes_back_as_it_was_with_keys_of_others(card: Path) -> None:
    changed(card, studio="north")
    read = read_segmenter_card(card)
    write_segmenter_card(read, card)
    assert read_segmenter_card(card) == read
    assert json.loads(card.read_text())["studio"] == "north"


def test_the_identity_follows_weights_and_options_not_the_path(
    card: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = segmenter_identity(card.name, base=tmp_path)
    json.dumps(before)
    monkeypatch.setenv("BRUSHPASS_SEGMENTERS", str(tmp_path))
    assert segmenter_identity("props", base=tmp_path / "elsewhere") == before
    write_segmenter_card(replace(read_segmenter_card(card), title="The props"), card)
    assert segmenter_identity(card.name, base=tmp_path) == before
    changed(card, options={**OPTIONS, "short_side": 65})
    assert segmenter_identity(card.name, base=tmp_path) != before
    changed(card, options=OPTIONS, sha256="1" * 64)
    assert segmenter_identity(card.name, base=tmp_path) != before
    published = [segmenter_identity(name, base=tmp_path) for name in known_segmenters() if name != "props"]
    assert len({json.dumps(entry, sort_keys=True) for entry in published}) == len(published) >= 5


_FOURTH = '''
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from nst_backend.contract.codec import option
from nst_backend.image.boxes import Box
from nst_backend.segmentation.architecture import Architecture
from nst_backend.segmentation.detection import Detection


@dataclass(frozen=True, kw_only=True)
class Options:
    width: int = option(3, help="of the whole network", minimum=1, maximum=9)


class Whole:
    """Sees the whole picture as its first class."""

    instances = True

    def __init__(self, network, options, labels, device, half):
        self.classes = labels
        self.network = network

    def detect(self, pictures):
        return [
            [Detection(label=self.classes[0], score=float(self.network.bias[0]), box=Box.whole(*picture.shape[:2]),
                       mask=np.ones(picture.shape[:2], np.float32))]
            for picture in pictures
        ]


ARCHITECTURE = Architecture(
    name="fourth", options=Options, segmenter=Whole, build=lambda options, classes: nn.Linear(options.width, classes)
)
'''


def test_a_file_dropped_into_the_folder_is_one_more_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = set(architectures())
    assert before == {"mask_rcnn", "yolact", "deeplab"}
    (tmp_path / "fourth_network.py").write_text(_FOURTH)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    assert set(architectures()) == before | {"fourth"}
    save_file({"weight": torch.ones(1, 2), "bias": torch.tensor([0.75])}, tmp_path / "w.safetensors")
    card = SegmenterCard(
        name="mine",
        architecture="fourth",
        options={"width": 2},
        classes=("all",),
        weights="w.safetensors",
        sha256=file_sha256(tmp_path / "w.safetensors"),
    )
    write_segmenter_card(card, tmp_path / "mine.segmenter.json")
    (found,) = opened("mine.segmenter.json", tmp_path).detect([PLATE])
    assert (found[0].label, found[0].score) == ("all", 0.75)

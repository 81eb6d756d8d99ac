"""DeepLab behind the protocol: a class is one soft matte."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from nst_backend.contract.errors import InputError
from nst_backend.contract.messages import SilentReporter
from nst_backend.segmentation.architectures.deeplab import ARCHITECTURE, DeepLabOptions, DeepLabSegmenter
from nst_backend.segmentation.registry import open_segmenter
from nst_backend.weights import published

LABELS = ("cat", "dog", "")


class Fixed(nn.Module):
    """Answers the same at every picture."""

    def __init__(self, answer: Tensor) -> None:
        super().__init__()
        self.answer = nn.Parameter(answer, requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.answer.expand(len(x), -1, -1, -1)


@pytest.fixture(scope="module")
def network() -> nn.Module:
    torch.manual_seed(0)
    network: nn.Module = ARCHITECTURE.build(DeepLabOptions(), len(LABELS)).eval()
    return network


def with_logits(network: nn.Module, logits: Tensor) -> DeepLabSegmenter:
    options = DeepLabOptions(short_side=64, long_side=128)
    found = DeepLabSegmenter(network, options, LABELS, torch.device("cpu"), False)  # type: ignore[arg-type]
    found._classifier = Fixed(logits)
    return found


def test_each_class_that_is_likeliest_somewhere_is_one_soft_matte(network: nn.Module) -> None:
    logits = torch.zeros(1, 4, 8, 12)
    logits[:, 0] = 4.0
    # Two cats far apart, a dog between them, and a class without meaning.
    logits[:, 1, 1:4, 1:4] = logits[:, 1, 1:4, 9:11] = 9.0
    logits[:, 2, 5:7, 5:8] = 7.0
    logits[:, 3, 7, 0] = 20.0
    segmenter = with_logits(network, logits)
    plate = np.zeros((80, 120, 3), np.float32)
    (found,) = segmenter.detect([plate])
    assert [entry.label for entry in found] == ["cat", "dog"]
    cat, dog = found
    assert cat.score > dog.score > 0.5
    # A logit cell is ten pixels; the sides that lie between its centres are soft.
    assert cat.box.left < 10 < 100 < cat.box.right
    assert 40 < dog.box.left < 50 < 80 < dog.box.right < 90
    assert 40 < dog.box.top < 50 < 70 < dog.box.bottom < 80
    whole = np.zeros((80, 120), np.float32)
    whole[cat.box.slices] = cat.mask
    assert whole[25, 25] > 0.95
    assert whole[25, 100] > 0.95
    assert whole[25, 65] < 0.05
    between = whole[25, 30:45]
    assert ((between > 0.1) & (between < 0.9)).sum() >= 2, "the edge is hard"
    assert not segmenter.instances
    assert segmenter.classes == ("cat", "dog")


def test_nothing_but_background_is_no_detection(network: nn.Module) -> None:
    logits = torch.zeros(1, 4, 8, 12)
    logits[:, 0] = 4.0
    assert with_logits(network, logits).detect([np.zeros((40, 60, 3), np.float32)] * 2) == [[], []]


def test_the_network_itself_runs_on_any_size(network: nn.Module) -> None:
    options = DeepLabOptions(short_side=64, long_side=128)
    segmenter = DeepLabSegmenter(network, options, LABELS, torch.device("cpu"), False)  # type: ignore[arg-type]
    for size in ((1, 1), (33, 70)):
        (found,) = segmenter.detect([np.full((*size, 3), 0.5, np.float32)])
        assert all(entry.mask.shape == (entry.box.height, entry.box.width) for entry in found)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["deeplab", "deeplab_resnet101"])
def test_torchvisions_layout_is_taken_in_cocos_words(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = ARCHITECTURE.published[name]
    state = ARCHITECTURE.build(network.options, 20).state_dict()
    assert any(entry.startswith("aux_classifier.") for entry in state)
    monkeypatch.setenv("BRUSHPASS_WEIGHTS", str(tmp_path))
    monkeypatch.setattr(published.PublishedFile, "is_at", lambda self, path: path.is_file())
    torch.save(state, tmp_path / network.file.name)
    segmenter = open_segmenter(name, base=tmp_path, device="cpu", half=False, reporter=SilentReporter())
    assert len(segmenter.classes) == 20
    assert {"airplane", "couch", "tv", "person"} <= set(segmenter.classes)
    torch.save({entry: value for entry, value in state.items() if "aux" not in entry}, tmp_path / network.file.name)
    with pytest.raises(InputError, match="aux_classifier"):
        open_segmenter(name, base=tmp_path, device="cpu", half=False, reporter=SilentReporter())

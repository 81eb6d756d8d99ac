"""Mask R-CNN behind the protocol: what goes in, what comes out, and only its own weights."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor
from torchvision.models.detection import MaskRCNN_ResNet50_FPN_V2_Weights, maskrcnn_resnet50_fpn_v2

from nst_backend.contract.errors import InputError
from nst_backend.contract.messages import SilentReporter
from nst_backend.segmentation.architectures.mask_rcnn import MaskRCNNSegmenter
from nst_backend.segmentation.detection import Picture
from nst_backend.segmentation.mask_rcnn_network import build_mask_rcnn
from nst_backend.segmentation.mask_rcnn_options import MaskRCNNOptions
from nst_backend.segmentation.registry import open_segmenter
from nst_backend.weights import published

SMALL = MaskRCNNOptions(network="small", short_side=96, long_side=160)
LABELS = ("a", "b", "", "d")
CPU = torch.device("cpu")


def picture(height: int, width: int, seed: int = 0) -> Picture:
    return np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)


@cache
def segmenter(options: MaskRCNNOptions = SMALL, *, half: bool = False) -> MaskRCNNSegmenter:
    torch.manual_seed(0)
    return MaskRCNNSegmenter(build_mask_rcnn(options, len(LABELS)).eval(), options, LABELS, CPU, half)


@pytest.mark.parametrize("levels", [3, 4])
def test_the_small_network_is_small(levels: int) -> None:
    with torch.device("meta"):
        network = build_mask_rcnn(MaskRCNNOptions(network="small", levels=levels), 20)
    assert sum(parameter.numel() for parameter in network.parameters()) < 3_000_000


def test_the_small_network_trains() -> None:
    torch.manual_seed(0)
    network = build_mask_rcnn(MaskRCNNOptions(network="small", short_side=64, long_side=64), 2)
    mask = torch.zeros(1, 64, 64, dtype=torch.uint8)
    mask[0, 10:40, 20:50] = 1
    target = {"boxes": torch.tensor([[20.0, 10, 50, 40]]), "labels": torch.tensor([2]), "masks": mask}
    optimiser = torch.optim.Adam(network.parameters(), 1e-3)
    losses = []
    for _ in range(10):
        torch.manual_seed(1)
        loss = sum(network([torch.full((3, 64, 64), 0.5)], [target]).values())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.9 * losses[0]


def test_three_hundred_detections_of_a_batch_lie_in_the_plate() -> None:
    plates = [picture(90, 150), picture(90, 150, 1)]
    found = segmenter().detect(plates)
    # An untrained network holds everything for possible.
    assert [len(one) > 150 for one in found] == [True, True]
    for detection in found[0] + found[1]:
        box = detection.box
        assert 0 <= box.top < box.bottom <= 90
        assert 0 <= box.left < box.right <= 150
        assert detection.mask.dtype == np.float32
        assert 0 <= detection.mask.min() <= detection.mask.max() <= 1
        assert detection.score >= 0.1
        assert detection.label in ("a", "b", "d")
    scores = [detection.score for detection in found[0]]
    assert scores == sorted(scores, reverse=True)
    assert segmenter().classes == ("a", "b", "d")


def test_it_says_what_torchvisions_own_forward_says_but_softly() -> None:
    """Boxes and masks against ``MaskRCNN.forward``, which spreads masks over the plate."""
    options = MaskRCNNOptions(network="small", short_side=128, long_side=256, enlarge=1.0)
    ours = segmenter(options)
    # At the network's own size nothing is resampled on the way in.
    plate = picture(128, 160)
    with torch.inference_mode():
        (theirs,) = ours._network([torch.from_numpy(plate).permute(2, 0, 1)])
    (found,) = ours.detect([plate])
    keep = [index for index, label in enumerate(theirs["labels"].tolist()) if label != 3]
    assert len(found) == len(keep)
    differences = []
    for detection, index in zip(found, keep, strict=True):
        left, top, right, bottom = theirs["boxes"][index].tolist()
        assert detection.score == pytest.approx(float(theirs["scores"][index]), abs=1e-5)
        assert (detection.box.left, detection.box.top) == (int(left + 1e-3), int(top + 1e-3))
        if min(right - left, bottom - top) > 16:
            mask = theirs["masks"][index, 0].numpy()[detection.box.slices]
            # torchvision pastes into a box of whole pixels, up to a pixel larger than ours, and untrained masks are
            # noise from cell to cell.
            difference = cv2.blur(mask, (7, 7)) - cv2.blur(detection.mask, (7, 7))
            differences.append(np.abs(difference[4:-4, 4:-4]).mean())
    assert len(differences) > 5
    assert np.mean(differences) < 0.03


def test_the_size_that_a_plate_is_looked_at_follows_the_options() -> None:
    seen: list[tuple[int, ...]] = []
    ours = segmenter()
    hook = ours._network.backbone.register_forward_pre_hook(lambda _, inputs: seen.append(tuple(inputs[0].shape)))
    ours.detect([picture(30, 40), picture(30, 40)])
    ours.detect([picture(400, 600)])
    hook.remove()
    # Twice as large at most; 96 x 144 fits the limits; both filled up to multiples of 32.
    assert seen == [(2, 3, 64, 96), (1, 3, 96, 160)]


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (40, 3)])
def test_the_smallest_plates_are_no_fault(size: tuple[int, int]) -> None:
    (found,) = segmenter().detect([picture(*size)])
    assert all(detection.box.area > 0 for detection in found)
    assert segmenter().detect([]) == []


def test_half_precision_moves_boxes_by_less_than_a_pixel() -> None:
    plate = picture(96, 128)
    (single,), (half,) = segmenter().detect([plate]), segmenter(half=True).detect([plate])
    for one, other in list(zip(single, half, strict=False))[:20]:
        assert one.score == pytest.approx(other.score, abs=0.01)
    best, nearest = single[0], min(half, key=lambda entry: abs(entry.box.left - single[0].box.left))
    assert abs(best.box.left - nearest.box.left) <= 1
    assert half[0].mask.dtype == np.float32


# ---- the published network


@pytest.fixture(scope="module")
def state() -> dict[str, Tensor]:
    """A random state dict of torchvision's own network."""
    torch.manual_seed(2)
    return dict(maskrcnn_resnet50_fpn_v2(weights=None, weights_backbone=None).state_dict())


def opened(folder: Path, state: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch) -> MaskRCNNSegmenter:
    """Open ``mask_rcnn`` from a file in the published layout; its values are random, so its hash is let pass."""
    monkeypatch.setenv("BRUSHPASS_WEIGHTS", str(folder))
    monkeypatch.setattr(published.PublishedFile, "is_at", lambda self, path: path.is_file())
    torch.save(state, folder / MaskRCNN_ResNet50_FPN_V2_Weights.COCO_V1.url.split("/")[-1])
    found = open_segmenter("mask_rcnn", base=folder, device="cpu", half=False, reporter=SilentReporter())
    assert isinstance(found, MaskRCNNSegmenter)
    return found


@pytest.mark.slow
def test_torchvisions_layout_is_taken_with_cocos_names(
    tmp_path: Path, state: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = opened(tmp_path, state, monkeypatch)
    assert len(ours.classes) == 80
    assert len(ours.labels) == 90
    assert ours.labels[90 - 1] == "toothbrush"
    assert not {"N/A", "__background__", ""} & set(ours.classes)
    held = ours._network.state_dict()
    assert set(held) == set(state)
    torch.testing.assert_close(held["roi_heads.mask_predictor.mask_fcn_logits.weight"],
                               state["roi_heads.mask_predictor.mask_fcn_logits.weight"])  # fmt: skip
    assert ours.detect([picture(64, 64)]) is not None


@pytest.mark.slow
def test_other_names_and_shapes_are_refused(
    tmp_path: Path, state: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = "backbone.body.layer3.5.bn2.running_var"
    rest = {name: value for name, value in state.items() if name != entry}
    with pytest.raises(InputError, match=f"does not fit the network 'mask_rcnn': {entry} is missing"):
        opened(tmp_path, rest, monkeypatch)
    with pytest.raises(InputError, match=rf"{entry} has shape \(7,\), expected"):
        opened(tmp_path, rest | {entry: torch.zeros(7)}, monkeypatch)

"""A small Mask R-CNN that was trained on renders finds the characters in a shot that it never saw.

The shot is rendered anew: other ground, light, clutter, poses, and a camera path of its own kind.
"""

from __future__ import annotations

import pytest
import torch
from blenders import find_blender
from learnt_shot import learnt_segmenter, recipe, rendered_shot, truth

from nst_backend.segmentation.architectures.mask_rcnn import MaskRCNNSegmenter
from nst_backend.segmentation.detection import Segmenter
from nst_backend.segmentation.mask_rcnn_network import build_mask_rcnn
from nst_backend.training.segmenters.examples import Example
from nst_backend.training.segmenters.measure import Judgement, judge

pytestmark = [pytest.mark.blender("5.2"), pytest.mark.slow]


@pytest.fixture(scope="module")
def shot() -> list[Example]:
    return truth(rendered_shot(find_blender("5.2")))


def untrained() -> Segmenter:
    """The same network with the weights that its training began with."""
    torch.manual_seed(recipe().seed)
    network = build_mask_rcnn(recipe().network, len(recipe().classes)).eval()
    return MaskRCNNSegmenter(network, recipe().network, recipe().labels, torch.device("cpu"), False)


def passes(judgement: Judgement) -> bool:
    return judgement.mean_iou >= 0.8 and judgement.detected >= 0.9 and judgement.false_positives <= 0.5


def test_the_shot_shows_every_class_and_two_of_one(shot: list[Example]) -> None:
    assert len(shot) == 24
    assert {label for example in shot for label in example.labels} == {0, 1, 2}
    robots = recipe().labels.index("robot")
    assert sum(example.labels.count(robots) == 2 for example in shot) >= 20


def test_every_visible_character_is_found_at_its_pixels(shot: list[Example]) -> None:
    judgement = judge(learnt_segmenter(), shot, recipe().labels)
    assert judgement.objects >= 90
    assert passes(judgement), judgement


def test_the_same_network_untrained_fails_the_same_measure(shot: list[Example]) -> None:
    judgement = judge(untrained(), shot, recipe().labels)
    assert not passes(judgement), judgement
    assert judgement.mean_iou < 0.1
